// Whether it is worth while to try again without a word from the person: nobody answered, or only a proxy in front of the server did.

import { ApiError, ConnectionError, TimeoutError } from '@plantain/client';

/** What a proxy answers while the server behind it is away; the server itself names a type with each refusal. */
const proxyStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

export function isAway(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true;
  return error instanceof ApiError && error.type === undefined && proxyStatuses.has(error.status);
}

/** The same, or the server said itself that it can't at the moment: it is stopping, or full. */
export function isTemporary(error: unknown): boolean {
  return isAway(error) || (error instanceof ApiError && error.type === 'overloaded');
}
