// Links and webhooks that can only lead to an inside host, or whose port is not allowed, are refused when they are handed in, and not
// minutes later.

import { isIP, isIPv6 } from 'node:net';
import type { AddressPolicy } from '../../lib/addresses.ts';

/** Longest name that DNS has; no longer one can be listed. */
const maxNameLength = 253;

/** How the operator lists a host (no brackets) so that links and webhooks may call it at this port, whatever its address and port are. */
function asListed(host: string, port: number): string {
  if (host.length > maxNameLength) return 'its host and port';
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

export const insideFault = (host: string, port: number): string =>
  `leads to an inside address; only the operator of the server can allow it, with ${asListed(host, port)} in allowed_private_hosts`;

export const portFault = (host: string, port: number): string =>
  `has a port that is not allowed; the operator of the server can change that, with ${asListed(host, port)} in ` +
  `allowed_private_hosts, or with ${port} in link_ports`;

/** Host (no brackets, no dot at its end) and port of an http or https URL. */
export function calledBy({ hostname, port, protocol }: URL): { host: string; port: number } {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

export interface NameRules {
  policy: Pick<AddressPolicy, 'nameRefusal'>;
  /** Ports that names may have; those of an address are up to the policy. */
  ports: ReadonlySet<number>;
}

/** The fault of a URL to a name, to be put behind the name of its member; `null` where there is none. */
export function nameFault({ policy, ports }: NameRules, host: string, port: number): string | null {
  if (policy.nameRefusal(host, port) !== null) return insideFault(host, port);
  return ports.has(port) ? null : portFault(host, port);
}

/**
 * Judges a link to a picture by its name and port, as `nameFault` does. Links to addresses are judged when they are fetched, as many
 * servers' own are such.
 */
export type CheckLinkName = (link: string) => string | null;

export function createLinkNameCheck(rules: NameRules): CheckLinkName {
  return (link) => {
    const url = URL.parse(link);
    if (url === null) return null;
    const { host, port } = calledBy(url);
    return isIP(host) === 0 ? nameFault(rules, host, port) : null;
  };
}
