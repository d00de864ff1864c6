// Tells this server's own hosts from those of others. A page that was made to reach it by DNS rebinding sends the name that it was
// loaded from as `Host`, and a page of another origin sends that as `Origin`; no script can change either. A literal address is no
// name that somebody could have pointed here, so as `Host` every address counts as an own one.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { RequestError } from '../../core/errors.ts';
import type { ArrivalRefusal } from '../connections/refused-on-arrival.ts';

export interface OwnHosts {
  /** Whether the value of a `Host` header, with or without a port, is this server: an address, `localhost`, or a name of the settings. */
  hasHost(host: string): boolean;
  /**
   * Whether the value of an `Origin` header is a page of this server or of this machine. Of addresses only loopback ones are, and the
   * one that the request itself went to: others can have pages of anybody's.
   */
  hasOrigin(origin: string, host: string | undefined): boolean;
}

/** `host` is where the server listens, and `publicUrl` what its links begin with. */
export function createOwnHosts({
  host,
  publicUrl,
}: {
  host: string;
  publicUrl: string | undefined;
}): OwnHosts {
  const configured = [host, publicUrl === undefined ? '' : new URL(publicUrl).host].map(nameOf);
  const names: ReadonlySet<string> = new Set(configured.filter((name) => name !== '' && !isAddress(name)));
  const isNamed = (name: string) => names.has(name) || name === 'localhost' || name.endsWith('.localhost');
  return {
    hasHost(given) {
      const name = nameOf(given);
      return isAddress(name) || isNamed(name);
    },
    hasOrigin(origin, given) {
      const name = nameOf(URL.parse(origin)?.host ?? '');
      if (isAddress(name))
        return isLoopback(name) || configured.includes(name) || name === nameOf(given ?? '');
      return isNamed(name);
    },
  };
}

/** `null` for a request that belongs here. */
export type ForeignCheck = (request: IncomingMessage) => ArrivalRefusal | null;

/**
 * Judges requests where no key says who is calling. Programs send no `Origin`, and browsers leave it out only where a page can neither
 * change anything nor read the answer.
 */
export function createForeignCheck(own: OwnHosts): ForeignCheck {
  // Nearly every request comes by the same name as the one before it.
  let lastHost: string | undefined;
  let lastOrigin: string | undefined;
  return ({ url = '/', headers: { host, origin } }) => {
    const isPlain = url.startsWith('/');
    if (isPlain && host === lastHost && host !== undefined && origin === lastOrigin) return null;
    // A target that is a whole URL outdoes the header: https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2
    const named = isPlain ? undefined : /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
    for (const each of named === undefined ? [host] : [named, host])
      if (each === undefined || !own.hasHost(each)) return { status: 421, error: wrongHost(each) };
    if (origin !== undefined && !own.hasOrigin(origin, host)) return { status: 403, error: wrongOrigin() };
    if (isPlain) [lastHost, lastOrigin] = [host, origin];
    return null;
  };
}

function wrongHost(host: string | undefined): RequestError {
  const what = host === undefined ? 'a request without a Host' : JSON.stringify(host.slice(0, 100));
  return new RequestError(
    'forbidden',
    `This server runs in open mode, where it answers only to its own names and addresses, and not to ${what}. Set public_url (PLANTAIN_PUBLIC_URL) to the address by which it is reached, or auth (PLANTAIN_AUTH) to keys.`,
  );
}

function wrongOrigin(): RequestError {
  return new RequestError(
    'forbidden',
    'This server runs in open mode, where pages of other origins may not call it. Serve the page from localhost or from the host in public_url (PLANTAIN_PUBLIC_URL), or set auth (PLANTAIN_AUTH) to keys.',
  );
}

/** Name or IPv6 address in brackets, and a port: no credentials, no path, no space. */
const hostShape = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i;

/** The host in the one spelling that the URL standard gives it, without its port and a dot at its end; `''` for what is none. */
function nameOf(host: string): string {
  const written = isIP(host) === 6 ? `[${host}]` : host;
  if (!hostShape.test(written)) return '';
  return URL.parse(`http://${written}`)?.hostname.replace(/\.$/, '') ?? '';
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || isIP(name) === 4;
}

function isLoopback(name: string): boolean {
  return name === '[::1]' || name.startsWith('127.');
}
