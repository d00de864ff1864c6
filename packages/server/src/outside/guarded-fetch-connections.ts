// Opens connections for URLs that a user gave, and to nowhere inside. The name is resolved once, every address it has is
// judged, and the connection is pinned to those: the name is not asked again (DNS rebinding). One request for each connection. Where
// the operator says so, a connection goes through a proxy.

import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Client, buildConnector } from 'undici';
import { untilAborted } from '../lib/abort.ts';
import { calledNetwork } from '../lib/addresses.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import type { Proxies } from '../lib/network/proxies.ts';
import { createSlots } from './guarded-fetch-slots.ts';
import { createHostLookup } from './host-lookup.ts';
import type { Lookup } from './host-lookup.ts';
import { inputFailure } from '../core/errors.ts';
import { explainFetchError, notValidHttp } from './fetch-failures.ts';
import { connectThrough } from './tunnel.ts';

/** Of a DNS name (RFC 1035); it keeps messages short, since URL parsing sets no limit. */
const maxHostLength = 253;
/** Node's own default, which a command line option can raise. */
const maxHeaderBytes = 16_384;

const defaults = {
  connectMs: 10_000,
  silenceMs: 15_000,
  atOnce: 256,
  perAddress: 16,
  maxAdmitted: 4_096,
};

export interface ConnectionLimits {
  /** For the name to be resolved, and again for the connection (with TLS) to stand; 10 s unless given. */
  connectMs?: number;
  /** For the headers to arrive, and for each silence within the body; 15 s unless given. */
  silenceMs?: number;
  /** Connections that are open at once; 256 unless given. */
  atOnce?: number;
  /** Connections at once to one IPv4 address, or one /64 of IPv6; 16 unless given. */
  perAddress?: number;
  /** Calls that look a name up, wait for a connection or have one; 4,096 unless given. One more is refused at once. */
  maxAdmitted?: number;
}

export interface GuardedConnections {
  /**
   * Runs `use` on a connection for `target`, which `parseTarget` made, and closes it. Throws `TaskError` (`input_unreachable`)
   * where the connection is not allowed; its message names `host` and nothing else. The signal's time includes the wait.
   */
  withConnection<T>(
    target: URL,
    { host, signal }: { host: string; signal: AbortSignal },
    use: (client: Client) => Promise<T>,
  ): Promise<T>;
}

type Addresses = Awaited<ReturnType<Lookup>>;

interface Dependencies {
  policy: AddressPolicy;
  limits: Required<ConnectionLimits>;
  lookup: Lookup;
  through: Through | undefined;
}

/** How calls take a proxy. */
export interface Through extends Proxies {
  /**
   * `address`: the name is looked up and judged here, and the proxy is asked for the address. `name`: the proxy is asked for the name, and
   * whether that leads to an inside address is for it to say; of addresses in the place of a name, and of ports, the policy is still the judge.
   */
  by: 'address' | 'name';
}

/** One queue and one set of limits; what must not wait for another kind of call (links of users, webhooks) has its own. */
export function createGuardedConnections(options: {
  policy: AddressPolicy;
  limits?: ConnectionLimits;
  lookup?: Lookup;
  through?: Through;
}): GuardedConnections {
  const { policy, through } = options;
  const limits = { ...defaults, ...options.limits };
  const { lookup = createHostLookup({ policy, patienceMs: limits.connectMs }) } = options;
  const dependencies = { policy, limits, lookup, through };
  const slots = createSlots(limits);
  let admitted = 0;

  return {
    async withConnection(target, { host, signal }, use) {
      if (admitted >= limits.maxAdmitted)
        throw inputFailure(`The link at ${host} was not fetched: this server is fetching too many others.`, {
          retryable: true,
        });
      admitted += 1;
      try {
        const { network, connect } = await findWay(target, host, dependencies, signal);
        // Not before: whoever waits for a slow DNS server holds no connection.
        const giveBack = await slots.take(network, signal);
        try {
          return await onConnection(target.origin, connect, limits, use);
        } finally {
          giveBack();
        }
      } finally {
        admitted -= 1;
      }
    },
  };
}

interface FoundWay {
  /** Network that the connection counts for, as those to one are limited. */
  network: string;
  connect: buildConnector.connector;
}

async function findWay(
  target: URL,
  host: string,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<FoundWay> {
  const { through, limits, policy } = dependencies;
  const proxy = through?.proxyFor(target) ?? null;
  if (proxy !== null && through?.by === 'name' && isIP(hostOf(target)) === 0) {
    refuse(policy.unresolvedRefusal(hostOf(target), portOf(target)), host);
    return {
      network: host,
      connect: connectThrough({ proxy, targets: [hostOf(target)] }, host, limits.connectMs),
    };
  }
  const addresses = await checkedAddresses(target, host, dependencies, signal);
  const network = calledNetwork(addresses[0].address);
  if (proxy === null) return { network, connect: connectTo(addresses, limits) };
  const targets = addresses.map(({ address }) => address);
  return { network, connect: connectThrough({ proxy, targets }, host, limits.connectMs) };
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
): Promise<[Addresses[number], ...Addresses]> {
  const [host, port] = [hostOf(target), portOf(target)];
  // A literal is never looked up, neither here nor by `net`, so this check is the only one that it meets.
  const family = isIP(host);
  const resolvable = AbortSignal.any([signal, AbortSignal.timeout(limits.connectMs)]);
  const [first, ...others] =
    family === 0 ? await untilAborted(lookup(host, resolvable), resolvable) : [{ address: host, family }];
  if (!first) throw notAllowed(shownHost, 'address');
  const refusals = [first, ...others].map(({ address }) => policy.refusal(host, address, port));
  refuse(
    refusals.find((refusal) => refusal === 'address') ?? refusals.find((refusal) => refusal !== null),
    shownHost,
  );
  return [first, ...others];
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

function refuse(refusal: 'address' | 'port' | null | undefined, shownHost: string): void {
  if (refusal !== null && refusal !== undefined) throw notAllowed(shownHost, refusal);
}

/** Connects to one of the addresses. */
function connectTo(addresses: Addresses, { connectMs }: Dependencies['limits']): buildConnector.connector {
  return buildConnector({
    lookup: pinnedTo(addresses),
    autoSelectFamily: true,
    timeout: connectMs,
    allowH2: false,
    maxCachedSessions: 0,
  });
}

/** A client whose one connection is gone when this returns. */
async function onConnection<T>(
  origin: string,
  connect: buildConnector.connector,
  limits: Dependencies['limits'],
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(origin, {
    connect,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.silenceMs,
    bodyTimeout: limits.silenceMs,
    pipelining: 0,
  });
  try {
    return await use(client);
  } finally {
    await client.destroy();
  }
}

/**
 * The URL, with the dot removed that may end a host name. Everything that follows sees only this, never the text, so no
 * spelling (`0x7f.1`, full-width digits, backslashes, tabs) can mean one thing to the check and another to the connection.
 */
export function parseTarget(url: string, base?: URL): URL {
  const target = URL.parse(url, base);
  if (!target || !/^https?:$/.test(target.protocol) || target.hostname.length > maxHostLength)
    throw inputFailure('The link is not a complete http or https URL.');
  if (target.username !== '' || target.password !== '')
    throw inputFailure('The link holds a user name or password; links with credentials are not fetched.');
  target.hostname = target.hostname.replace(/\.$/, '');
  return target;
}

/** A call to a host in the time that it has. Failures may name the host. */
export interface GuardedCall {
  host: string;
  signal: AbortSignal;
}

/** Runs `work` with the URL's target in at most `totalMs`. Throws `TaskError`; when the signal aborts, rejects with its reason. */
export async function callWithin<T>(
  totalMs: number,
  url: string,
  signal: AbortSignal,
  work: (target: URL, call: GuardedCall) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const target = parseTarget(url);
  const host = target.hostname;
  try {
    return await work(target, { host, signal: AbortSignal.any([signal, AbortSignal.timeout(totalMs)]) });
  } catch (error) {
    signal.throwIfAborted();
    throw explainFetchError(host, error);
  }
}

/** Without a version, which would tell every server what this one can be attacked with. Nothing is asked for packed. */
export const ownHeaders = { 'user-agent': 'Plantain', 'accept-encoding': 'identity' };

/** Answers before the answer (103 Early Hints) have no limit in HTTP, and cost 2 microseconds each. */
const maxNotices = 8;

/** Makes the listener for such answers to one request. It throws when there are too many. */
export function countNotices(host: string): () => void {
  let notices = 0;
  return () => {
    notices += 1;
    if (notices > maxNotices) throw notValidHttp(host);
  };
}

function notAllowed(host: string, refusal: 'address' | 'port'): Error {
  return inputFailure(
    refusal === 'port'
      ? `The link at ${host} was not fetched: its port is not one that links may use. The operator of this server can change that in link_ports, or list the host with its port in allowed_private_hosts.`
      : `The link at ${host} was not fetched: it leads to an address that is not allowed. ` +
          'Only the public internet is called, and hosts that the operator of this server listed in allowed_private_hosts, with their ports.',
  );
}

function pinnedTo(addresses: Addresses): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all || !first) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}
