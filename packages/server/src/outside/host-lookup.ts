// Finds the addresses of a host that a user named, by DNS alone. The machine's own way, getaddrinfo, waits in libuv's
// threads, two lookups at a time and beyond any abort, so links on a DNS server that stays silent would stall every
// other call by name, upstreams included. It serves only names that the operator listed: those may stand in /etc/hosts.

import { Resolver, lookup as lookUpAsMachine } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type AddressPolicy, isLocalhost, localhostAddress } from '../lib/addresses.ts';

/** All addresses of a host name; at least one, or it rejects. Ends soon after the signal. */
export type Lookup = (host: string, signal: AbortSignal) => Promise<{ address: string; family: number }[]>;

/**
 * Of each family. A DNS answer holds thousands, and judging one takes 0.1 ms, most of it for the list of the machine's own
 * (`os.networkInterfaces`, measured); what is left out is neither judged nor called.
 */
const maxAddresses = 8;

/** Codes of node:dns for a name that does not exist, or has no address of the family asked for. */
const absent = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Looks names up; rejects with the error of node:dns, or with the signal's reason. Search domains are not tried.
 * `patienceMs` is what an answer may take, over all tries; `servers`, such as `127.0.0.1:53`, replace the system's.
 */
export function createHostLookup({
  policy,
  patienceMs,
  servers,
}: {
  policy: Pick<AddressPolicy, 'listsName'>;
  patienceMs: number;
  servers?: readonly string[];
}): Lookup {
  return async (host, signal) => {
    signal.throwIfAborted();
    if (policy.listsName(host)) return await lookUpAsMachine(host, { all: true });
    if (isLocalhost(host)) return [{ address: localhostAddress, family: 4 }];
    // One for each lookup, as `cancel` ends all that a resolver does. The second try waits twice as long as the first.
    const resolver = new Resolver({ timeout: Math.ceil(patienceMs / 4), tries: 2 });
    if (servers) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await askBothFamilies(resolver, host);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

/** One family is enough. With neither, a failure that may pass outweighs the other family's absence. */
async function askBothFamilies(resolver: Resolver, host: string): ReturnType<Lookup> {
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value.slice(0, maxAddresses) : [],
  );
  if (addresses.length > 0) return addresses.map((address) => ({ address, family: isIP(address) }));
  const failures = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as NodeJS.ErrnoException] : [],
  );
  throw failures.find(({ code = '' }) => !absent.has(code)) ?? failures[0];
}
