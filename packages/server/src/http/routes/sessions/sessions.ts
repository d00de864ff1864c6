// Signing in and out of people.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionData } from '@plantain/client';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import { type Caller, hashSecret, isUsable } from '../../../core/keys/keys.ts';
import type { Session, SessionStore, SignedInBy } from '../../../core/sessions/session-store.ts';
import { beginSession, hashOfSecret, isSessionSecret } from '../../../core/sessions/sessions.ts';
import type { Clock } from '../../../lib/clock.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';
import { type Authorize, presentedKey, refuseAddress } from '../../access/authorization.ts';
import type { SessionCookie } from '../../access/session-cookie.ts';
import { WrongKeyError } from '../../access/wrong-key-error.ts';
import type { Face } from '../../app.ts';
import type { CallerAddress } from '../../connections/caller-address.ts';
import type { Serve } from '../../route/serve.ts';
import { sessionRoutes } from './session-routes.ts';

export interface SessionsParts {
  serve: Serve;
  store: SessionStore & Pick<KeyStore, 'findKey' | 'findKeyByHash'>;
  authorize: Authorize;
  callerAddress: CallerAddress;
  cookie: SessionCookie;
  /** Whether the server runs without keys. */
  isOpen: boolean;
  /** Forgets who the sessions are of, so that one that is over is refused at once. */
  forget: () => void;
  clock: Clock;
}

export function sessionsFace(parts: SessionsParts): Face {
  const { serve, store, cookie, forget, clock } = parts;
  return serve(sessionRoutes, {
    async signIn({ readBody, request, reply }) {
      refuseOpen(parts);
      const {
        key,
        link,
        keep = false,
      } = await readBody(({ key: a, link: b }, faults) => {
        if ((a === undefined) === (b === undefined))
          faults.push({ path: 'key', message: 'must be given, or link in its place' });
      });
      const begun =
        key === undefined ? await byLink(parts, request, link ?? '') : await byKey(parts, request, key);
      return begin(parts, { request, reply, keep }, begun);
    },
    getSession: ({ caller }) => ownSession(parts, caller),
    async signOut({ caller, reply }) {
      const sessionId = sessionOf(caller);
      await store.deleteSession(sessionId, caller.keyId);
      forget();
      reply.header('Set-Cookie', cookie.clear());
      return { session_id: sessionId, deleted: true };
    },
    listSessions: async ({ caller }) => ({
      sessions: (await store.listSessions(caller.keyId, clock.now())).map((each) =>
        sessionData(each, caller.sessionId),
      ),
    }),
    async signOutEverywhere({ caller, reply }) {
      const deleted = await store.deleteSessionsOfKey(caller.keyId);
      forget();
      if (caller.sessionId !== undefined) reply.header('Set-Cookie', cookie.clear());
      return { deleted };
    },
  });
}

function refuseOpen({ isOpen }: Pick<SessionsParts, 'isOpen'>): void {
  if (isOpen)
    throw new RequestError(
      'forbidden',
      'This server runs in open mode, where nobody signs in: calls need no key and no session.',
    );
}

/** Key of a new session, and the way to it. */
interface Begun {
  keyId: string;
  by: SignedInBy;
}

async function byKey(
  { authorize, store }: SessionsParts,
  { raw }: FastifyRequest,
  key: string,
): Promise<Begun> {
  const { keyId } = await authorize(key, raw);
  // Read anew, as a caller is believed for a second: a roll has ended the sessions, and the secret before it may begin none.
  const found = await store.findKeyByHash(hashSecret(presentedKey(key)));
  if (found === null || found.isReplaced === true)
    throw new WrongKeyError(
      'This secret of the key was replaced, and signs nobody in any more. Use the new one.',
    );
  return { keyId, by: 'key' };
}

async function byLink(
  { store, callerAddress, clock }: SessionsParts,
  { raw }: FastifyRequest,
  secret: string,
): Promise<Begun> {
  const now = clock.now();
  const keyId = isSessionSecret(secret) ? await store.takeSignInLink(hashOfSecret(secret), now) : null;
  const found = keyId === null ? null : await store.findKey(keyId);
  if (found === null || !isUsable(found, now))
    throw new WrongKeyError(
      'This sign-in link is not known, was used already, or is older than ten minutes. Each works once: make another with plantain-server keys link, or sign in with a key.',
    );
  if (found.networks !== null) refuseAddress(found.networks, callerAddress(raw));
  return { keyId: found.id, by: 'link' };
}

async function begin(
  { store, cookie, clock, callerAddress }: SessionsParts,
  { request, reply, keep }: { request: FastifyRequest; reply: FastifyReply; keep: boolean },
  begun: Begun,
): Promise<SessionData> {
  const agent = request.headers['user-agent'] ?? '';
  const now = clock.now();
  const audited: AuditedAct = {
    act: 'key.sign_in',
    who: begun.keyId,
    whoName: null,
    address: JSON.parse(callerAddress(request.raw)) as string,
    requestId: request.id,
    at: now,
  };
  const { session, secret } = await beginSession(store, { ...begun, agent, now }, audited);
  reply.header('Set-Cookie', cookie.set(secret, keep));
  return sessionData(session, session.id);
}

/** Id of the caller's session. Throws `RequestError` (`not_found`) for one who came with a key. */
function sessionOf({ sessionId }: Caller): string {
  if (sessionId === undefined)
    throw new RequestError('not_found', 'This call was made with a key, and not by a session.');
  return sessionId;
}

async function ownSession({ store, clock }: SessionsParts, caller: Caller): Promise<SessionData> {
  const id = sessionOf(caller);
  const session = (await store.listSessions(caller.keyId, clock.now())).find((each) => each.id === id);
  if (session === undefined) throw new RequestError('unauthenticated', 'This session has ended.');
  return sessionData(session, id);
}

function sessionData(
  { id, by, agent, createdAt, usedAt, endsAt }: Session,
  current: string | undefined,
): SessionData {
  return {
    session_id: id,
    signed_in_by: by,
    user_agent: agent,
    create_time: secondsText(createdAt),
    last_used_at: secondsText(usedAt),
    expires_at: secondsText(endsAt),
    current: id === current,
  };
}
