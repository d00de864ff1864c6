// Fetches a URL that a user gave, without letting it reach an inside address. The name is resolved once for each hop,
// every address it has is judged, and the connection is pinned to those: the name is not asked again (DNS rebinding).

import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Client, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { untilAborted } from '../lib/abort.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import { answeredInstead, explainFetchError } from './fetch-failures.ts';
import { createHostLookup } from './host-lookup.ts';
import type { Lookup } from './host-lookup.ts';
import { inputFailure } from './input-failure.ts';

const maxRedirects = 3;
const defaults = { connectMs: 10_000, silenceMs: 15_000 };
/** Of a DNS name (RFC 1035); it keeps messages short, since URL parsing sets no limit. */
const longestHost = 253;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface FetchedBytes {
  bytes: Uint8Array;
  /** What the server called it; not to be believed. */
  contentType?: string;
}

/**
 * The bytes behind a URL. Throws `TaskError` (`input_unreachable`), whose message names the host of the given URL
 * and nothing of where it led; when the signal aborts, rejects with the signal's reason.
 */
export type GuardedFetch = (url: string, signal: AbortSignal) => Promise<FetchedBytes>;

export interface FetchLimits {
  maxBytes: number;
  /** For all of it, redirects included. */
  totalMs: number;
  /** For the name to be resolved, and again for the connection (with TLS) to stand; 10 s unless given. */
  connectMs?: number;
  /** For the headers to arrive, and for each silence within the body; 15 s unless given. */
  silenceMs?: number;
}

interface Dependencies {
  policy: AddressPolicy;
  limits: Required<FetchLimits>;
  lookup: Lookup;
}

/** Fetches over http and https, following at most 3 redirects, each judged anew and never from https to http. */
export function createGuardedFetch(options: {
  policy: AddressPolicy;
  limits: FetchLimits;
  lookup?: Lookup;
}): GuardedFetch {
  const { policy } = options;
  const limits = { ...defaults, ...options.limits };
  const { lookup = createHostLookup({ policy, patienceMs: limits.connectMs }) } = options;
  const dependencies = { policy, limits, lookup };
  return async (url, signal) => {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(limits.totalMs);
    const firstTarget = parseTarget(url);
    const host = firstTarget.hostname;
    try {
      return await followRedirects(firstTarget, dependencies, AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      throw explainFetchError(host, error);
    }
  };
}

/** The URL, with the dot removed that may end a host name. WHATWG parsing has made `0x7f.1` and the like plain addresses. */
function parseTarget(url: string, base?: URL): URL {
  const target = URL.parse(url, base);
  if (!target || !/^https?:$/.test(target.protocol) || target.hostname.length > longestHost)
    throw inputFailure('The link is not a complete http or https URL.');
  if (target.username !== '' || target.password !== '')
    throw inputFailure('The link holds a user name or password; links with credentials are not fetched.');
  target.hostname = target.hostname.replace(/\.$/, '');
  return target;
}

async function followRedirects(
  firstTarget: URL,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<FetchedBytes> {
  const host = firstTarget.hostname;
  let target = firstTarget;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const addresses = await checkedAddresses(target, host, dependencies, signal);
    const answer = await fetchOnce(target, { addresses, host, limits: dependencies.limits, signal });
    if ('bytes' in answer) return answer;
    const next = parseTarget(answer.location, target);
    if (target.protocol === 'https:' && next.protocol === 'http:')
      throw inputFailure(`The link at ${host} redirects from https to http, which is not followed.`);
    target = next;
  }
  throw inputFailure(`The link at ${host} redirects more than ${maxRedirects} times.`);
}

/**
 * The addresses that the connection may use. One that is not allowed refuses them all: a name that leads both outside
 * and inside is an attack or a mistake, and picking among its addresses would make the outcome depend on their order.
 */
async function checkedAddresses(
  target: URL,
  shownHost: string,
  { policy, limits, lookup }: Dependencies,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Lookup>>> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
  // A literal is never looked up, neither here nor by `net`, so this check is the only one that it meets.
  const family = isIP(host);
  const resolvable = AbortSignal.any([signal, AbortSignal.timeout(limits.connectMs)]);
  const addresses =
    family === 0 ? await untilAborted(lookup(host, resolvable), resolvable) : [{ address: host, family }];
  if (addresses.length === 0 || !addresses.every(({ address }) => policy.allows(host, address, port)))
    throw inputFailure(
      `The link at ${shownHost} was not fetched: it leads to an address or port that is not allowed. ` +
        'Pictures are taken from the public internet and from hosts that the operator of this server listed.',
    );
  return addresses;
}

interface Hop {
  addresses: Awaited<ReturnType<Lookup>>;
  /** The host that failures may name. */
  host: string;
  limits: Required<FetchLimits>;
  signal: AbortSignal;
}

/** One request on a connection of its own, which is gone when this returns. */
async function fetchOnce(target: URL, hop: Hop): Promise<FetchedBytes | { location: string }> {
  const { limits, signal } = hop;
  const client = new Client(target.origin, {
    connect: buildConnector({
      lookup: pinnedTo(hop.addresses),
      autoSelectFamily: true,
      timeout: limits.connectMs,
      allowH2: false,
      maxCachedSessions: 0,
    }),
    headersTimeout: limits.silenceMs,
    bodyTimeout: limits.silenceMs,
    pipelining: 0,
  });
  try {
    const answer = await client.request({
      method: 'GET',
      path: target.pathname + target.search,
      headers: { 'user-agent': 'Plantain', accept: 'image/*', 'accept-encoding': 'identity' },
      signal,
    });
    const location = answer.headers['location'];
    if (redirectStatuses.has(answer.statusCode) && typeof location === 'string') return { location };
    return await readBody(answer, hop);
  } finally {
    await client.destroy();
  }
}

function pinnedTo(addresses: Hop['addresses']): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all || !first) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}

async function readBody(answer: Dispatcher.ResponseData, { host, limits }: Hop): Promise<FetchedBytes> {
  const { statusCode, headers, body } = answer;
  if (statusCode < 200 || statusCode > 299) throw answeredInstead(host, statusCode);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity')
    throw inputFailure(`The server at ${host} sent the picture compressed although it was asked not to.`);

  const tooLarge = () =>
    inputFailure(`The picture at ${host} has more than the ${limits.maxBytes} bytes that are taken.`);
  if (Number(headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limits.maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const contentType = headers['content-type'];
  return { bytes: Buffer.concat(chunks), ...(typeof contentType === 'string' && { contentType }) };
}
