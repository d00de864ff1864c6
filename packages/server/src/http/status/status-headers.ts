// The headers that a status answer has wherever it comes from, the fast path or the ordinary route.

import { corsOrigin } from '../access/cors.ts';
import type { StatusText } from './status-reader.ts';

/**
 * Names and values in turn, the form that costs node:http the least. A browser may keep an answer, and asks whether it still
 * holds before it shows it.
 */
export function statusHeaders({ etag, pollAfterSeconds }: StatusText): string[] {
  const headers = ['Cache-Control', 'private, no-cache', 'ETag', etag, corsOrigin[0], corsOrigin[1]];
  if (pollAfterSeconds !== null) headers.push('Retry-After', String(pollAfterSeconds));
  return headers;
}
