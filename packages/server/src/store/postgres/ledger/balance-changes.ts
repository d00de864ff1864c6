// Balances: cached sums of the ledger, each of a subject and an interval. What a transaction enters changes them at its end, in one order.

import type { LedgerEntry } from '../../../core/ledger/ledger.ts';
import { locks } from '../database/locks.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';

/** Entry that a transaction has written, as far as balances change with it. */
export type BalanceChange = Pick<
  LedgerEntry,
  'keyId' | 'ownerId' | 'reservedAt' | 'reservedDelta' | 'spentDelta' | 'picturesDelta'
>;

/** Changes that a transaction has yet to write. */
export interface BalanceChanges {
  add(changes: readonly BalanceChange[]): void;
  /**
   * Locks the subjects `alone` for this transaction, and those of the changes beside others that only change. Whoever has one alone may
   * judge by its balances and make new ones of its entries: no entry is on its way that is not in them.
   */
  lock(alone?: readonly string[]): void;
  /** Writes the changes. Whoever calls it has the locks. Neither is waited for: what comes behind it in the transaction is. */
  write(): void;
}

export function createBalanceChanges(query: Query): BalanceChanges {
  let changes: BalanceChange[] = [];
  return {
    add: (more) => void changes.push(...more),
    lock(alone = []) {
      const shared = changes.flatMap(subjectsOf);
      if (alone.length + shared.length > 0) void query(lockSql, [alone, shared]);
    },
    write() {
      if (changes.length > 0) void query(changeSql, bySubject.of(changes.flatMap(toSubjects)));
      changes = [];
    },
  };
}

const subjectsOf = ({ keyId, ownerId }: BalanceChange): string[] =>
  keyId === null || keyId === ownerId ? [ownerId] : [ownerId, keyId];

interface SubjectChange {
  subjectId: string;
  change: BalanceChange;
}

const toSubjects = (change: BalanceChange): SubjectChange[] =>
  subjectsOf(change).map((subjectId) => ({ subjectId, change }));

/** Lock of a subject that is shared, in the list of a SELECT. `key` is its number. */
export const sharedLock = (key: string) => `pg_advisory_xact_lock_shared(${locks.subjects}, ${key})`;

/** All in the order of their numbers, so that two transactions never wait for each other. */
const lockSql = `SELECT CASE WHEN alone THEN pg_advisory_xact_lock(${locks.subjects}, key) ELSE ${sharedLock('key')} END
  FROM (
    SELECT hashtext(id) AS key, bool_or(alone) AS alone
    FROM (SELECT unnest($1::text[]) AS id, true AS alone UNION ALL SELECT unnest($2::text[]), false) AS subjects
    GROUP BY key ORDER BY key) AS sorted`;

const bySubject = rowParameters<SubjectChange>(
  {
    subject_id: ['text', ({ subjectId }) => subjectId],
    reserved_at: ['bigint', ({ change }) => change.reservedAt],
    reserved: ['bigint', ({ change }) => change.reservedDelta],
    spent: ['bigint', ({ change }) => change.spentDelta],
    pictures: ['bigint', ({ change }) => change.picturesDelta],
  },
  { as: 'changed' },
);

/** Rows are locked in one order before any is changed. */
const changeSql = `WITH changed AS MATERIALIZED (
    SELECT subject_id, reserved_at, sum(reserved) AS reserved, sum(spent) AS spent, sum(pictures) AS pictures
    FROM ${bySubject.table} GROUP BY subject_id, reserved_at),
  held AS MATERIALIZED (
    SELECT subject_id, starts_at, ends_at FROM balances
    WHERE subject_id = ANY ($1) AND starts_at <= (SELECT max(reserved_at) FROM changed) AND ends_at > (SELECT min(reserved_at) FROM changed)
    ORDER BY subject_id, starts_at, ends_at FOR NO KEY UPDATE),
  summed AS (
    SELECT held.subject_id, starts_at, ends_at, sum(reserved) AS reserved, sum(spent) AS spent, sum(pictures) AS pictures
    FROM held JOIN changed ON changed.subject_id = held.subject_id AND reserved_at >= starts_at AND reserved_at < ends_at
    GROUP BY held.subject_id, starts_at, ends_at)
  UPDATE balances SET reserved = balances.reserved + summed.reserved, spent = balances.spent + summed.spent,
    pictures = balances.pictures + summed.pictures
  FROM summed WHERE balances.subject_id = summed.subject_id AND balances.starts_at = summed.starts_at AND balances.ends_at = summed.ends_at`;
