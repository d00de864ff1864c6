// Sessions: 256 random bits in a cookie. Like a key's secret they can't be guessed, so a fast hash is enough.

import { hash, randomBytes } from 'node:crypto';
import type { AuditedAct } from '../audit/audit.ts';
import type { Session, SessionStore, SignedInBy, SignInLink } from './session-store.ts';

/** How long a session lasts that is not used. */
const idleMs = 12 * 3_600_000;
/** How long a session lasts at most. */
export const longestSessionMs = 7 * 24 * 3_600_000;
/** A use is stored once in this time at the most. */
export const useStoredMs = 60_000;
/** How long a sign-in link works. */
export const linkMs = 10 * 60_000;
/** Sessions of one key at once: the oldest makes room. */
const maxSessionsOfKey = 20;
const maxAgentLength = 200;

/** Secret of a session or of a link: 43 characters of base64url. */
export const newSessionSecret = (): string => randomBytes(32).toString('base64url');

const secretShape = /^[\w-]{43}$/;

/** Whether a text can be the secret of a session or of a link. */
export const isSessionSecret = (text: string): boolean => secretShape.test(text);

/** SHA-256 of a secret, in hex. */
export const hashOfSecret = (secret: string): string => hash('sha256', secret);

/** When a session ends that is used at a moment. */
export const endOfSession = (createdAt: number, usedAt: number): number =>
  Math.min(usedAt + idleMs, createdAt + longestSessionMs);

/** Begins a session of a key; gives it with its secret. */
export async function beginSession(
  store: Pick<SessionStore, 'insertSession'>,
  { keyId, by, agent, now }: { keyId: string; by: SignedInBy; agent: string; now: number },
  audited?: AuditedAct,
): Promise<{ session: Session; secret: string }> {
  const secret = newSessionSecret();
  const session: Session = {
    id: `session_${randomBytes(9).toString('base64url')}`,
    keyId,
    by,
    agent: agent.slice(0, maxAgentLength),
    createdAt: now,
    usedAt: now,
    endsAt: endOfSession(now, now),
  };
  await store.insertSession(session, hashOfSecret(secret), maxSessionsOfKey, audited);
  return { session, secret };
}

/** Makes a sign-in link of a key and stores it; gives its secret. */
export async function makeSignInLink(
  store: Pick<SessionStore, 'insertSignInLink'>,
  { keyId, now }: Pick<SignInLink, 'keyId'> & { now: number },
  audited?: AuditedAct,
): Promise<string> {
  const secret = newSessionSecret();
  await store.insertSignInLink({ hash: hashOfSecret(secret), keyId, expiresAt: now + linkMs }, audited);
  return secret;
}
