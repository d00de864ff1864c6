// Fetches a URL that a user gave, without letting it reach an inside address: each hop goes over a guarded connection.
// Nothing is asked for compressed, and what comes compressed all the same is refused: it is no picture as it stands, and
// unpacking is how a small answer becomes a large one.

import type { FetchedBytes, GuardedFetch } from '../core/guarded-fetch.ts';
import type { Client, Dispatcher } from 'undici';
import type { AddressPolicy } from '../lib/addresses.ts';
import { answeredInstead, explainFetchError, notValidHttp } from './fetch-failures.ts';
import { createGuardedConnections, parseTarget } from './guarded-fetch-connections.ts';
import type { ConnectionLimits, GuardedConnections } from './guarded-fetch-connections.ts';
import type { Lookup } from './host-lookup.ts';
import { inputFailure } from '../core/input-failure.ts';

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Without a version, which would tell every server what this one can be attacked with. */
const userAgent = 'Plantain';
/** What a body of unknown length gets at first. */
const firstRoomBytes = 65_536;
/**
 * A piece costs this server a microsecond (measured) however small it is, so floods of tiny ones would take all of its time:
 * allowed are so many, and one more for each 256 bytes. The slowest network brings 500 bytes in each.
 */
const mostTinyPieces = 10_000;
const pieceBytes = 256;
/** Answers before the answer (103 Early Hints) have no limit in HTTP, and cost 2 microseconds each. */
const mostNotices = 8;

export interface FetchLimits extends ConnectionLimits {
  maxBytes: number;
  /** For all of it: redirects and the wait for a free connection included. */
  totalMs: number;
}

/** Fetches over http and https, following at most 3 redirects, each judged anew and never from https to http. */
export function createGuardedFetch(options: {
  policy: AddressPolicy;
  limits: FetchLimits;
  lookup?: Lookup;
}): GuardedFetch {
  const { maxBytes, totalMs } = options.limits;
  const connections = createGuardedConnections(options);
  return async (url, signal, onReceived) => {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(totalMs);
    const firstTarget = parseTarget(url);
    const host = firstTarget.hostname;
    try {
      const hop = { host, maxBytes, signal: AbortSignal.any([signal, deadline]), onReceived };
      return await followRedirects(firstTarget, hop, connections);
    } catch (error) {
      signal.throwIfAborted();
      throw explainFetchError(host, error);
    }
  };
}

interface Hop {
  /** The host that failures may name. */
  host: string;
  maxBytes: number;
  signal: AbortSignal;
  onReceived: ((bytes: number) => void) | undefined;
}

async function followRedirects(
  firstTarget: URL,
  hop: Hop,
  connections: GuardedConnections,
): Promise<FetchedBytes> {
  let target = firstTarget;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const { pathname, search, protocol } = target;
    const answer = await connections.withConnection(target, hop, (client) =>
      request(client, pathname + search, hop),
    );
    if ('bytes' in answer) return answer;
    const next = parseTarget(answer.location, target);
    if (protocol === 'https:' && next.protocol === 'http:')
      throw inputFailure(`The link at ${hop.host} redirects from https to http, which is not followed.`);
    target = next;
  }
  throw inputFailure(`The link at ${hop.host} redirects more than ${maxRedirects} times.`);
}

async function request(client: Client, path: string, hop: Hop): Promise<FetchedBytes | { location: string }> {
  let notices = 0;
  const answer = await client.request({
    method: 'GET',
    path,
    headers: { 'user-agent': userAgent, accept: 'image/*', 'accept-encoding': 'identity' },
    signal: hop.signal,
    onInfo() {
      notices += 1;
      if (notices > mostNotices) throw notValidHttp(hop.host);
    },
  });
  const location = answer.headers['location'];
  if (redirectStatuses.has(answer.statusCode) && typeof location === 'string') return { location };
  return await readBody(answer, hop);
}

async function readBody(
  answer: Dispatcher.ResponseData,
  { host, maxBytes, onReceived }: Hop,
): Promise<FetchedBytes> {
  const { statusCode, headers, body } = answer;
  if (statusCode < 200 || statusCode > 299) throw answeredInstead(host, statusCode);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity')
    throw inputFailure(`The server at ${host} sent the picture compressed although it was asked not to.`);

  const tooLarge = () =>
    inputFailure(`The picture at ${host} has more than the ${maxBytes} bytes that are taken.`, {
      tooLarge: true,
    });
  const announced = Number(headers['content-length'] ?? firstRoomBytes);
  if (announced > maxBytes && 'content-length' in headers) throw tooLarge();
  // Copied out at once: a list of chunks takes 160 bytes for each of them, and a server may send them of one byte.
  let room = Buffer.allocUnsafeSlow(Math.min(announced, maxBytes));
  let size = 0;
  let pieces = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const end = size + chunk.length;
    if (end > maxBytes) throw tooLarge();
    onReceived?.(chunk.length);
    pieces += 1;
    if (pieces > mostTinyPieces + end / pieceBytes)
      throw inputFailure(`The server at ${host} sent the picture in too many small pieces.`);
    if (end > room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(end, 2 * room.length)));
      room.copy(larger, 0, 0, size);
      room = larger;
    }
    room.set(chunk, size);
    size = end;
  }
  const contentType = headers['content-type'];
  return { bytes: room.subarray(0, size), ...(typeof contentType === 'string' && { contentType }) };
}
