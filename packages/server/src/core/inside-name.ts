// Links and webhooks that can only lead to an inside host are refused when they are handed in, and not minutes later.

import { isIP } from 'node:net';
import type { AddressPolicy } from '../lib/addresses.ts';

export const insideFault =
  'leads to an inside address; only the operator of the server can allow it, in allowed_private_hosts';

/** Host (no brackets, no dot at its end) and port of an http or https URL. */
export function calledBy({ hostname, port, protocol }: URL): { host: string; port: number } {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

/**
 * Judges a link to a picture by its name: gives its fault, to be put behind the name of its member, or `null` where there is none.
 * Links to addresses are judged when they are fetched, as many servers' own are such.
 */
export type CheckLinkName = (link: string) => string | null;

export function createLinkNameCheck(policy: Pick<AddressPolicy, 'nameRefusal'>): CheckLinkName {
  return (link) => {
    const url = URL.parse(link);
    if (url === null) return null;
    const { host, port } = calledBy(url);
    return isIP(host) === 0 && policy.nameRefusal(host, port) !== null ? insideFault : null;
  };
}
