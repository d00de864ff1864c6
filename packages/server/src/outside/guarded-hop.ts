// One request to a URL that somebody else gave, over a connection that leads to no inside address. Nothing is asked for packed.
// Bodies that come packed all the same are unpacked up to the limit, one at a time: unpacking is how a small answer becomes a large
// one, and many at once could take memory that nobody has counted yet.

import type { Client, Dispatcher } from 'undici';
import type { FetchedBytes } from '../core/pictures/inputs.ts';
import { inputFailure } from '../core/errors.ts';
import { untilAborted } from '../lib/abort.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import { readLocation } from '../lib/location.ts';
import { isInTinyPieces } from '../lib/received-bytes.ts';
import { isPacked, unpack, UnpackedTooLargeError } from '../lib/unpack.ts';
import { explainFetchError, notValidHttp } from './fetch-failures.ts';
import { createGuardedConnections, parseTarget } from './guarded-fetch-connections.ts';
import type { ConnectionLimits } from './guarded-fetch-connections.ts';
import type { Lookup } from './host-lookup.ts';

/** Without a version, which would tell every server what this one can be attacked with. */
const userAgent = 'Plantain';
/** Bytes that a body of unknown length gets at first. */
const firstRoomBytes = 65_536;
/** Answers before the answer (103 Early Hints) have no limit in HTTP, and cost 2 microseconds each. */
const maxNotices = 8;

export interface FetchLimits extends ConnectionLimits {
  maxBytes: number;
  /** For all of it: redirects and the wait for a free connection included. */
  totalMs: number;
}

export interface GuardOptions {
  policy: AddressPolicy;
  limits: FetchLimits;
  lookup?: Lookup;
}

/** An answer other than a picture. */
interface NoPicture {
  status: number;
  /** Where it redirects to, as `readLocation` gives it. */
  location: string | undefined;
}

/** One request, for whoever follows redirects by a rule of his own. Throws `TaskError` as a `GuardedFetch` does. */
export type GuardedHop = (url: string, signal: AbortSignal) => Promise<FetchedBytes | NoPicture>;

/** Makes single requests over http and https, each in the time and within the limits of a whole fetch. */
export function createGuardedHop(options: GuardOptions): GuardedHop {
  const makeHop = createHop(options);
  return async (url, signal) => {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(options.limits.totalMs);
    const target = parseTarget(url);
    const hop = { host: target.hostname, signal: AbortSignal.any([signal, deadline]), onReceived: undefined };
    try {
      return await makeHop(target, hop);
    } catch (error) {
      signal.throwIfAborted();
      throw explainFetchError(hop.host, error);
    }
  };
}

export interface Hop {
  /** The host that failures may name. */
  host: string;
  signal: AbortSignal;
  onReceived: ((bytes: number) => void) | undefined;
}

export type MakeHop = (target: URL, hop: Hop) => Promise<FetchedBytes | NoPicture>;

/** For whoever makes several hops in one time; whatever goes wrong is thrown as it is. */
export function createHop({ limits, ...options }: GuardOptions): MakeHop {
  const connections = createGuardedConnections({ ...options, limits });
  const unpackPicture = createUnpacker(limits.maxBytes);
  return async (target, hop) => {
    const path = target.pathname + target.search;
    const answer = await connections.withConnection(target, hop, (client) =>
      request(client, { path, maxBytes: limits.maxBytes }, hop),
    );
    if (!('packed' in answer)) return answer;
    const { packed, contentEncoding, ...rest } = answer;
    return { bytes: await unpackPicture(packed, contentEncoding, hop), ...rest };
  };
}

/** A body as it came. */
interface Received {
  packed: Buffer;
  contentEncoding: string | string[] | undefined;
  contentType?: string;
}

async function request(
  client: Client,
  { path, maxBytes }: { path: string; maxBytes: number },
  hop: Hop,
): Promise<Received | NoPicture> {
  let notices = 0;
  const answer = await client.request({
    method: 'GET',
    path,
    headers: { 'user-agent': userAgent, accept: 'image/*', 'accept-encoding': 'identity' },
    signal: hop.signal,
    onInfo() {
      notices += 1;
      if (notices > maxNotices) throw notValidHttp(hop.host);
    },
  });
  const { statusCode, headers } = answer;
  // 202: it is still being made.
  if (statusCode < 200 || statusCode > 299 || statusCode === 202) {
    const location = headers['location'];
    return {
      status: statusCode,
      location: typeof location === 'string' ? readLocation(location) : undefined,
    };
  }
  const contentType = headers['content-type'];
  return {
    packed: await readBody(answer, maxBytes, hop),
    contentEncoding: headers['content-encoding'],
    ...(typeof contentType === 'string' && { contentType }),
  };
}

async function readBody(
  { headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
  { host, onReceived }: Hop,
): Promise<Buffer> {
  const announced = Number(headers['content-length'] ?? firstRoomBytes);
  if (announced > maxBytes && 'content-length' in headers) throw tooLarge(host, maxBytes);
  // Copied out at once: a list of chunks takes 160 bytes for each of them, and a server may send them of one byte.
  let room = Buffer.allocUnsafeSlow(Math.min(announced, maxBytes));
  let size = 0;
  let pieces = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const end = size + chunk.length;
    if (end > maxBytes) throw tooLarge(host, maxBytes);
    onReceived?.(chunk.length);
    pieces += 1;
    if (isInTinyPieces(end, pieces))
      throw inputFailure(`The server at ${host} sent the picture in too many small pieces.`);
    if (end > room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(end, 2 * room.length)));
      room.copy(larger, 0, 0, size);
      room = larger;
    }
    room.set(chunk, size);
    size = end;
  }
  return room.subarray(0, size);
}

function tooLarge(host: string, maxBytes: number): Error {
  return inputFailure(`The picture at ${host} has more than the ${maxBytes} bytes that are taken.`, {
    tooLarge: true,
  });
}

type UnpackPicture = (
  packed: Buffer,
  contentEncoding: Received['contentEncoding'],
  hop: Hop,
) => Promise<Buffer>;

function createUnpacker(maxBytes: number): UnpackPicture {
  let last: Promise<unknown> = Promise.resolve();
  return async (packed, contentEncoding, { host, signal, onReceived }) => {
    if (!isPacked(packed, contentEncoding)) return packed;
    const unpacked = last.then(() => {
      signal.throwIfAborted();
      return unpack(packed, contentEncoding, maxBytes);
    });
    last = unpacked.catch(() => {});
    try {
      const bytes = await untilAborted(unpacked, signal);
      onReceived?.(bytes.length);
      return bytes;
    } catch (error) {
      throw error instanceof UnpackedTooLargeError ? tooLarge(host, maxBytes) : error;
    }
  };
}
