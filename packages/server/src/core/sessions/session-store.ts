// Port of the sessions of people in browsers, and of the links by which they sign in. Only hashes of their secrets are stored.

import type { AuditedAct } from '../audit/audit.ts';
import type { FoundKey } from '../keys/key-store.ts';

/** Way by which a session was begun: a key that was typed, or a link. */
export type SignedInBy = 'key' | 'link';

/** Session of a key: it ends with the key, and by itself. */
export interface Session {
  id: string;
  keyId: string;
  by: SignedInBy;
  /** `User-Agent` of the browser, shortened; empty where it sent none. */
  agent: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** Time of its last use, late by up to a minute. */
  usedAt: number;
  /** When it ends unless it is used before; no later than it may last at all. */
  endsAt: number;
}

export interface FoundSession {
  session: Session;
  key: FoundKey;
}

/** Hashes are SHA-256, in hex. Writes that are given an act store an entry of it in the audit log. */
export interface SessionStore {
  /** Inserts a session. Of one key at most `most` are left, the latest. */
  insertSession(session: Session, hash: string, most: number, audited?: AuditedAct): Promise<void>;
  /** Finds the session of a secret with its key, also where either has ended. */
  findSession(hash: string): Promise<FoundSession | null>;
  /** Notes a use and with it another end; an earlier use than what is stored changes nothing. */
  noteSessionUse(id: string, use: Pick<Session, 'usedAt' | 'endsAt'>): Promise<void>;
  /** Lists those of the key that have not ended at `now`, the latest first. */
  listSessions(keyId: string, now: number): Promise<Session[]>;
  /** Deletes a session of the key; false where it has none of this id. */
  deleteSession(id: string, keyId: string): Promise<boolean>;
  /** Deletes all sessions of the key, and its links; resolves with the number of sessions. */
  deleteSessionsOfKey(keyId: string): Promise<number>;
  /** Deletes sessions and links that have ended at `now`; resolves with their number. */
  deleteEndedSessions(now: number): Promise<number>;
  insertSignInLink(link: SignInLink, audited?: AuditedAct): Promise<void>;
  /** Deletes the link of this hash, and gives its key; `null` where there is none that has not expired at `now`. */
  takeSignInLink(hash: string, now: number): Promise<string | null>;
}

/** Link that signs in once with a key. */
export interface SignInLink {
  /** SHA-256 of its secret, in hex. */
  hash: string;
  keyId: string;
  /** Unix milliseconds. */
  expiresAt: number;
}
