// Posts to a URL that a user gave, over a guarded connection of its own queue. It follows no redirect, because whoever signed
// for one address has not signed for another, and of the answer it reads only the beginning.

import type { Client } from 'undici';
import type { WebhookAnswer, WebhookPost } from '../core/webhooks/webhook-post.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import { readRetryAfterMs } from '../lib/retry-after.ts';
import {
  callWithin,
  countNotices,
  createGuardedConnections,
  ownHeaders,
} from './guarded-fetch-connections.ts';
import type { ConnectionLimits, Through } from './guarded-fetch-connections.ts';
import type { Lookup } from './host-lookup.ts';

/** As many as are kept of an answer; the rest is dropped with the connection. */
const readBytes = 1_024;

export interface PostLimits extends ConnectionLimits {
  /** For all of it, the wait for a free connection included. */
  totalMs: number;
}

export function createGuardedPost(options: {
  policy: AddressPolicy;
  limits: PostLimits;
  lookup?: Lookup;
  through?: Through;
}): WebhookPost {
  const connections = createGuardedConnections(options);
  return (url, { headers, body }, signal) =>
    callWithin(options.limits.totalMs, url, signal, (target, call) =>
      connections.withConnection(target, call, async (client) => {
        const answer = await client.request({
          method: 'POST',
          path: target.pathname + target.search,
          headers: { ...ownHeaders, 'content-type': 'application/json', accept: '*/*', ...headers },
          body,
          signal: call.signal,
          onInfo: countNotices(call.host),
        });
        return { ...statusOf(answer), start: await readStart(answer) };
      }),
    );
}

type Answer = Awaited<ReturnType<Client['request']>>;

function statusOf({ statusCode: status, headers }: Answer): Omit<WebhookAnswer, 'start'> {
  const mayWait = status === 429 || status === 503;
  const retryAfterMs = mayWait ? readRetryAfterMs(headers, Date.now()) : undefined;
  return { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** The status has arrived, so a body that breaks off or never ends changes nothing. */
async function readStart({ headers, body }: Answer): Promise<string> {
  const encoding = headers['content-encoding'] ?? 'identity';
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= readBytes) break;
    }
  } catch {
    // The part that came before the fault is kept.
  }
  return encoding === 'identity' ? Buffer.concat(chunks).subarray(0, readBytes).toString('utf8') : '';
}
