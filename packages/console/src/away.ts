// Failures after which the console tries again by itself.

import { ApiError, ConnectionError, TimeoutError } from '@plantain/client';

/** Statuses of a proxy whose server is away; the server itself names a type with each refusal. */
const proxyStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** True where nobody answered, or only a proxy in front of the server. */
export function isAway(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true;
  return error instanceof ApiError && error.type === undefined && proxyStatuses.has(error.status);
}

/** True where the server is away, or is stopping or full at the moment. */
export function isTemporary(error: unknown): boolean {
  return isAway(error) || (error instanceof ApiError && error.type === 'overloaded');
}
