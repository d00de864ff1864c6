// Headers of a status answer, for the fast path and the ordinary route.

import { costHeader } from '../views/task-cost.ts';
import { corsOrigin } from '../access/cors.ts';
import type { StatusText } from './status-reader.ts';

/**
 * Gives names and values in turn, the form that costs node:http the least. A browser may store the answer, but has to ask whether
 * it still holds before showing it.
 */
export function statusHeaders({ etag, cost, pollAfterSeconds }: StatusText): string[] {
  const headers = [
    'Cache-Control',
    'private, no-cache',
    'ETag',
    etag,
    costHeader,
    cost,
    corsOrigin[0],
    corsOrigin[1],
  ];
  if (pollAfterSeconds !== null) headers.push('Retry-After', String(pollAfterSeconds));
  return headers;
}
