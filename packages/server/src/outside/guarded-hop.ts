// One request to a URL that somebody else gave, over a connection that leads to no inside address. Nothing is asked for packed.
// Bodies that come packed all the same are unpacked up to the limit, one at a time: unpacking is how a small answer becomes a large
// one, and many at once could take memory that nobody has counted yet.

import type { Client, Dispatcher } from 'undici';
import type { FetchedBytes } from '../core/pictures/inputs.ts';
import { inputFailure } from '../core/errors.ts';
import { untilAborted } from '../lib/abort.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import { readLocation } from '../lib/location.ts';
import { joinBytes } from '../lib/join-bytes.ts';
import { createReceivedBytes } from '../lib/received-bytes.ts';
import { isPacked, unpack, UnpackedTooLargeError } from '../lib/unpack.ts';
import {
  callWithin,
  countNotices,
  createGuardedConnections,
  ownHeaders,
} from './guarded-fetch-connections.ts';
import type { ConnectionLimits, GuardedCall, Through } from './guarded-fetch-connections.ts';
import type { Lookup } from './host-lookup.ts';

export interface FetchLimits extends ConnectionLimits {
  maxBytes: number;
  /** For all of it: redirects and the wait for a free connection included. */
  totalMs: number;
}

export interface GuardOptions {
  policy: AddressPolicy;
  limits: FetchLimits;
  lookup?: Lookup;
  /** Left out where all connections go directly. */
  through?: Through;
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
  return (url, signal) =>
    callWithin(options.limits.totalMs, url, signal, (target, call) =>
      makeHop(target, { ...call, onReceived: undefined }),
    );
}

export interface Hop extends GuardedCall {
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
  const answer = await client.request({
    method: 'GET',
    path,
    headers: { ...ownHeaders, accept: 'image/*' },
    signal: hop.signal,
    onInfo: countNotices(hop.host),
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
  const announced = Number(headers['content-length'] ?? NaN);
  if (announced > maxBytes) throw tooLarge(host, maxBytes);
  // An announced length gets one block, which need not be copied.
  const blockBytes = announced > 0 ? { firstBlockBytes: announced, largestBlockBytes: announced } : {};
  const received = createReceivedBytes({ maxBytes, announced, ...blockBytes });
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const fault = received.add(chunk);
    if (fault === 'too large') throw tooLarge(host, maxBytes);
    if (fault !== undefined)
      throw inputFailure(`The server at ${host} sent the picture in too many small pieces.`);
    onReceived?.(chunk.length);
  }
  const [first, ...others] = received.blocks();
  return first !== undefined && others.length === 0 ? first : await joinBytes(received.blocks());
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
