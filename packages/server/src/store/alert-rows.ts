// Rows around alerts, alike on both stores.

import type { SubjectBalance } from '../core/alerts/alerts.ts';
import type { Budget } from '../core/limits/limits.ts';
import { fromJson, type Row } from './rows.ts';

/** Balances whose interval goes on and that are used. `now` is the SQL of the time. */
export const usedBalances = (
  now: string,
) => `SELECT b.subject_id, b.starts_at, b.ends_at, b.spent, b.reserved, l.budget,
    o.name AS owner_name, k.name AS key_name, k.owner_id
  FROM balances AS b LEFT JOIN limits AS l ON l.subject_id = b.subject_id
    LEFT JOIN owners AS o ON o.id = b.subject_id LEFT JOIN api_keys AS k ON k.id = b.subject_id
  WHERE b.ends_at > ${now} AND b.starts_at <= ${now} AND b.spent + b.reserved > 0`;

/** `readName` gives a name as it was before it was stored. */
export function toSubjectBalance(row: Row, readName: (stored: string) => string): SubjectBalance {
  const subjectId = row['subject_id'] as string;
  const isOwner = row['owner_name'] !== null;
  return {
    subjectId,
    kind: isOwner ? 'owner' : 'key',
    ownerId: (row['owner_id'] ?? subjectId) as string,
    name: readName((row['owner_name'] ?? row['key_name'] ?? '') as string),
    interval: { startsAt: row['starts_at'] as number, endsAt: row['ends_at'] as number },
    spent: row['spent'] as number,
    reserved: row['reserved'] as number,
    budget: fromJson(row['budget']) as Budget | null,
  };
}

/**
 * Endpoints that hear of a subject: its own, those of its owner's keys and those of admin keys. `e` is the endpoint and `k` its key, which is not
 * there where nobody shows keys.
 */
export const hearing = ({
  subject,
  owner,
  at,
}: {
  subject: string;
  owner: string;
  at: string;
}) => `e.disabled_at IS NULL
  AND (k.id IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ${at})))
  AND (e.key_id = ${subject} OR k.role = 'admin' OR coalesce(k.owner_id, k.id) = ${owner})`;
