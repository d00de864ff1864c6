// Early refusal of links and webhook URLs that can only lead to an inside host, or whose port is not allowed: at the submit, and not
// minutes later when they are called.

import { isIP, isIPv6 } from 'node:net';
import type { AddressPolicy } from '../../lib/addresses.ts';

/** Maximal length of a name in DNS; a longer one can't be listed. */
const maxNameLength = 253;

/** Entry of the setting `allowed_private_hosts` that allows calls to this host (no brackets) at this port. */
function asListed(host: string, port: number): string {
  if (host.length > maxNameLength) return 'its host and port';
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

export const insideFault = (host: string, port: number): string =>
  `leads to an inside address; only the operator of the server can allow it, with ${asListed(host, port)} in allowed_private_hosts`;

export const portFault = (host: string, port: number): string =>
  `has a port that is not allowed; the operator of the server can change that, with ${asListed(host, port)} in ` +
  `allowed_private_hosts, or with ${port} in link_ports`;

/** Host (no brackets, no dot at its end) and port that an http or https URL leads to. */
export function calledBy({ hostname, port, protocol }: URL): { host: string; port: number } {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

export interface NameRules {
  policy: Pick<AddressPolicy, 'nameRefusal'>;
  /** Ports that are allowed for names. The policy judges those of addresses. */
  ports: ReadonlySet<number>;
}

/** Fault of a URL to a name, worded to follow the name of its member; `null` where there is none. */
export function nameFault({ policy, ports }: NameRules, host: string, port: number): string | null {
  if (policy.nameRefusal(host, port) !== null) return insideFault(host, port);
  return ports.has(port) ? null : portFault(host, port);
}

/**
 * Finds the fault of a link to a picture, by the link's name and port. Links to addresses have none here; they are judged when they
 * are fetched, because many servers' own links are such.
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
