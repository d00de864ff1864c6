// Statements of sessions and of the links by which people sign in.

import type { DatabaseSync } from 'node:sqlite';
import type { AuditedAct } from '../../core/audit/audit.ts';
import { linkEntry, signInEntry } from '../../core/audit/sign-in-entry.ts';
import type { Session, SessionStore, SignInLink } from '../../core/sessions/session-store.ts';
import { findSessionBy, sessionColumns, toFoundSession } from '../session-rows.ts';
import type { Synchronous } from './asynchronous.ts';
import { createAppendAudit } from './writes/audit-writes.ts';

export function createSessionReads(
  database: DatabaseSync,
): Synchronous<Pick<SessionStore, 'findSession' | 'listSessions'>> {
  const byHash = database.prepare(findSessionBy('?'));
  const ofKey = database.prepare(
    `SELECT ${sessionColumns} FROM sessions s WHERE key_id = ? AND ends_at > ? ORDER BY created_at DESC, id`,
  );
  return {
    findSession(hash) {
      const row = byHash.get(hash);
      return row === undefined ? null : toFoundSession(row);
    },
    listSessions: (keyId, now) => ofKey.all(keyId, now) as unknown as Session[],
  };
}

export function createSessionWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO sessions (id, hash, key_id, signed_in_by, agent, created_at, used_at, ends_at)
     VALUES (:id, :hash, :keyId, :by, :agent, :createdAt, :usedAt, :endsAt)`,
  );
  const removeOldest = database.prepare(
    `DELETE FROM sessions WHERE id IN
       (SELECT id FROM sessions WHERE key_id = ? ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)`,
  );
  const use = database.prepare(
    'UPDATE sessions SET used_at = :usedAt, ends_at = :endsAt WHERE id = :id AND used_at < :usedAt',
  );
  const remove = database.prepare('DELETE FROM sessions WHERE id = ? AND key_id = ?');
  const removeOfKey = createDeleteSignIns(database);
  const removeEnded = database.prepare('DELETE FROM sessions WHERE ends_at <= ?');
  const removeLinks = database.prepare('DELETE FROM sign_in_links WHERE expires_at <= ?');
  const appendAudit = createAppendAudit(database);
  return {
    ...createLinkWrites(database),
    insertSession(session: Session, hash: string, most: number, audited: AuditedAct | null = null): void {
      const { id, keyId, by, agent, createdAt, usedAt, endsAt } = session;
      insert.run({ id, hash, keyId, by, agent, createdAt, usedAt, endsAt });
      removeOldest.run(keyId, most);
      if (audited !== null) appendAudit(signInEntry(audited, session));
    },
    noteSessionUse(id: string, { usedAt, endsAt }: Pick<Session, 'usedAt' | 'endsAt'>): void {
      use.run({ id, usedAt, endsAt });
    },
    deleteSession: (id: string, keyId: string): boolean => remove.run(id, keyId).changes === 1,
    deleteSessionsOfKey: (keyId: string): number => removeOfKey(keyId),
    deleteEndedSessions: (now: number): number =>
      Number(removeEnded.run(now).changes) + Number(removeLinks.run(now).changes),
  };
}

/** Deletes the sessions of a key, but for the one that is kept, and its links; gives the number of sessions. */
export function createDeleteSignIns(database: DatabaseSync): (keyId: string, kept?: string) => number {
  const sessions = database.prepare('DELETE FROM sessions WHERE key_id = ? AND id IS NOT ?');
  const links = database.prepare('DELETE FROM sign_in_links WHERE key_id = ?');
  return (keyId, kept) => {
    links.run(keyId);
    return Number(sessions.run(keyId, kept ?? null).changes);
  };
}

/** Writes of links alone, which a command in its own process needs too. */
export function createLinkWrites(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO sign_in_links (hash, key_id, expires_at) VALUES (:hash, :keyId, :expiresAt)',
  );
  const take = database.prepare(
    'DELETE FROM sign_in_links WHERE hash = ? RETURNING key_id AS keyId, expires_at AS expiresAt',
  );
  const appendAudit = createAppendAudit(database);
  return {
    insertSignInLink({ hash, keyId, expiresAt }: SignInLink, audited: AuditedAct | null = null): void {
      insert.run({ hash, keyId, expiresAt });
      if (audited !== null) appendAudit(linkEntry(audited, { keyId, expiresAt }));
    },
    takeSignInLink(hash: string, now: number): string | null {
      const link = take.get(hash) as Pick<SignInLink, 'keyId' | 'expiresAt'> | undefined;
      return link !== undefined && now < link.expiresAt ? link.keyId : null;
    },
  };
}
