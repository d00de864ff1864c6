// Statements of sessions and of the links by which people sign in.

import type { AuditedAct } from '../../../core/audit/audit.ts';
import { linkEntry, signInEntry } from '../../../core/audit/sign-in-entry.ts';
import type {
  FoundSession,
  Session,
  SessionStore,
  SignInLink,
} from '../../../core/sessions/session-store.ts';
import { findSessionBy, sessionColumns, toFoundSession } from '../../session-rows.ts';
import { appendAudit } from '../audit.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import { withName } from '../stored-key.ts';
import { countOf, deleteInSteps, deleteStep } from '../tasks/delete-in-steps.ts';

export function createSessions(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): SessionStore {
  return {
    insertSession: (session, hash, most, audited) => write(insertSession, [session, hash, most, audited]),
    async findSession(hash) {
      const [row] = await query(findSessionBy('$1'), [hash]);
      return row === undefined ? null : asGiven(toFoundSession(row));
    },
    noteSessionUse: (id, use) => write(noteUse, [id, use]),
    async listSessions(keyId, now) {
      const rows = await query(
        `SELECT ${sessionColumns} FROM sessions s WHERE key_id = $1 AND ends_at > $2 ORDER BY created_at DESC, id`,
        [keyId, now],
      );
      return (rows as unknown as Session[]).map(withAgent);
    },
    deleteSession: (id, keyId) => write(remove, [toColumn(id), keyId]),
    deleteSessionsOfKey: (keyId) => write(removeOfKey, [keyId]),
    async deleteEndedSessions(now) {
      const ended = await deleteInSteps(sweeps, removeEnded, now);
      return ended + (await deleteInSteps(sweeps, removeLinks, now));
    },
    insertSignInLink: (link, audited) => write(insertLink, [link, audited]),
    takeSignInLink: (hash, now) => write(takeLink, [hash, now]),
  };
}

const withAgent = (session: Session): Session => ({ ...session, agent: fromColumn(session.agent) });
const asGiven = ({ session, key }: FoundSession): FoundSession => ({
  session: withAgent(session),
  key: withName(key),
});

const insertSession = oneByOne(
  async (
    { query }: Transaction,
    session: Session,
    hash: string,
    most: number,
    audited?: AuditedAct,
  ): Promise<void> => {
    const { id, keyId, by, agent, createdAt, usedAt, endsAt } = session;
    await query(
      `INSERT INTO sessions (id, hash, key_id, signed_in_by, agent, created_at, used_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, hash, keyId, by, toColumn(agent), createdAt, usedAt, endsAt],
    );
    // Of two at once neither sees the other: one too many stays until the next.
    await query(
      `DELETE FROM sessions WHERE id IN
         (SELECT id FROM sessions WHERE key_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)`,
      [keyId, most],
    );
    if (audited !== undefined) await appendAudit(query, signInEntry(audited, session));
  },
);

const noteUse = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    { usedAt, endsAt }: Pick<Session, 'usedAt' | 'endsAt'>,
  ): Promise<void> => {
    await query('UPDATE sessions SET used_at = $2, ends_at = $3 WHERE id = $1 AND used_at < $2', [
      id,
      usedAt,
      endsAt,
    ]);
  },
);

const remove = oneByOne(async ({ query }: Transaction, id: string, keyId: string): Promise<boolean> => {
  const rows = await query('DELETE FROM sessions WHERE id = $1 AND key_id = $2 RETURNING id', [id, keyId]);
  return rows.length === 1;
});

const removeOfKey = oneByOne(({ query }: Transaction, keyId: string) => deleteSignIns(query, keyId));

/** Deletes the sessions of a key, but for the one that is kept, and its links; gives the number of sessions. */
export async function deleteSignIns(query: Query, keyId: string, kept?: string): Promise<number> {
  await query('DELETE FROM sign_in_links WHERE key_id = $1', [keyId]);
  return await countOf(
    query(
      `WITH gone AS (DELETE FROM sessions WHERE key_id = $1 AND id IS DISTINCT FROM $2::text RETURNING 1)
       SELECT count(*) AS count FROM gone`,
      [keyId, kept ?? null],
    ),
  );
}

const removeEnded = deleteStep('sessions', 'ends_at');
const removeLinks = deleteStep('sign_in_links', 'expires_at');

const insertLink = oneByOne(
  async (
    { query }: Transaction,
    { hash, keyId, expiresAt }: SignInLink,
    audited?: AuditedAct,
  ): Promise<void> => {
    await query('INSERT INTO sign_in_links (hash, key_id, expires_at) VALUES ($1, $2, $3)', [
      hash,
      keyId,
      expiresAt,
    ]);
    if (audited !== undefined) await appendAudit(query, linkEntry(audited, { keyId, expiresAt }));
  },
);

const takeLink = oneByOne(async ({ query }: Transaction, hash: string, now: number) => {
  const [link] = await query('DELETE FROM sign_in_links WHERE hash = $1 RETURNING key_id, expires_at', [
    hash,
  ]);
  return link !== undefined && now < Number(link['expires_at']) ? String(link['key_id']) : null;
});
