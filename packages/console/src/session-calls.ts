// Calls that begin and end the session, which the library for programs has not: programs have keys.

import {
  ConnectionError,
  type ErrorEnvelope,
  type SessionData,
  type SessionsData,
  type SignInBody,
  toApiError,
} from '@plantain/client';

/** Base URL of the server: the folder of this page, under any path prefix. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Begins a session, whose cookie the browser keeps. Throws `ApiError` where the key or the link is refused, and `ConnectionError`. */
export async function signInBy(body: SignInBody): Promise<void> {
  await call('POST', '/api/session', body);
}

/** Ends the session, or all of the key. Throws `ApiError` and `ConnectionError`; one that is over already is no error. */
export async function signOutOf(what: 'this session' | 'all sessions'): Promise<void> {
  await call('DELETE', what === 'this session' ? '/api/session' : '/api/sessions');
}

/** Lists the sessions of the key that is signed in, latest first. Throws `ApiError` and `ConnectionError`. */
export async function listSessions(signal: AbortSignal): Promise<SessionData[]> {
  const response = await call('GET', '/api/sessions', undefined, signal);
  const { data } = (await response.json()) as { data: SessionsData };
  return data.sessions;
}

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const json = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const sent = fetch(serverUrl + path, { method, signal, ...(body === undefined ? {} : json) });
  const response = await sent.catch((cause: unknown) => {
    throw new ConnectionError('The server does not answer.', { cause });
  });
  if (response.ok || (method === 'DELETE' && response.status === 401)) return response;
  const answer = (await response.json().catch(() => null)) as Partial<ErrorEnvelope> | null;
  const { message, type, request_id: requestId, details } = answer?.error ?? {};
  throw toApiError({
    message: message ?? `The server refused with ${response.status} and does not say why.`,
    status: response.status,
    type,
    requestId,
    details,
    retryAfterSeconds: undefined,
  });
}
