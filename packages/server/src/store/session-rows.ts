// Rows of sessions, as both stores have them.

import type { FoundSession, Session } from '../core/sessions/session-store.ts';
import { foundKeyColumns, type Row, toFoundKey } from './rows.ts';

/** Columns of a session, of a table that is called `s`. */
export const sessionColumns = `s.id, s.key_id AS "keyId", s.signed_in_by AS "by", s.agent, s.created_at AS "createdAt",
  s.used_at AS "usedAt", s.ends_at AS "endsAt"`;

/** Statement that finds the session of a hash and its key; `hash` stands for the value. */
export const findSessionBy = (hash: string): string =>
  `SELECT s.id AS "sessionId", s.signed_in_by AS "by", s.agent, s.created_at AS "begunAt", s.used_at AS "usedAt", s.ends_at AS "endsAt", k.*
   FROM sessions s JOIN (SELECT ${foundKeyColumns}, 0 AS "isPrevious" FROM api_keys) k ON k.id = s.key_id WHERE s.hash = ${hash}`;

/** Session with its key, of a row of that statement. */
export function toFoundSession({ sessionId, by, agent, begunAt, usedAt, endsAt, ...row }: Row): FoundSession {
  const key = toFoundKey(row);
  const session = { id: sessionId, keyId: key.id, by, agent, createdAt: begunAt, usedAt, endsAt };
  return { session: session as Session, key };
}
