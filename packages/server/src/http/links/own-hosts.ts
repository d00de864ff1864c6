// Tells this server's own hosts from foreign ones. A page that reaches the server by DNS rebinding sends the name that the page
// was loaded from as `Host`, a page of another origin sends that origin as `Origin`, and no script can change either header. An
// address is no name that somebody can point at this server, so as `Host` every address is an own one.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ArrivalError } from '../connections/refused-on-arrival.ts';

export interface OwnHosts {
  /**
   * Whether a `Host` header, with or without a port, names this server: by an address, `localhost`, or a name of the settings.
   */
  hasHost(host: string): boolean;
  /**
   * Whether an `Origin` header names a page of this server or of this machine. Of addresses, only loopback ones, one of the
   * settings and the one that the request itself went to are own ones: any other may serve pages of strangers.
   */
  hasOrigin(origin: string, host: string | undefined): boolean;
  /**
   * Whether an `Origin` header is that of this server itself: of `public_url`, and without that setting http: with the host and the port that
   * the request went to. Proxies may leave the port out of `Host`, so it counts for nothing where the address is set; and whoever speaks TLS
   * for this server has to set it, as its cookies are for https then.
   */
  hasPage(origin: string, host: string | undefined): boolean;
}

/** Makes the test. `host` is the address that the server listens on, `publicUrl` the beginning of its links. */
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
    hasPage(origin, given = '') {
      const page = URL.parse(origin);
      if (page === null || !/^https?:$/.test(page.protocol)) return false;
      if (publicUrl !== undefined) return page.origin === new URL(publicUrl).origin;
      return hostShape.test(given) && page.origin === URL.parse(`http://${given}`)?.origin;
    },
  };
}

/** Check of a request that gives `null` for one that belongs here, and otherwise its refusal. */
export type ForeignCheck = (request: IncomingMessage) => ArrivalError | null;

/**
 * Makes the check for open mode, in which no key says who is calling. A request without `Origin` passes: programs send none, and
 * browsers leave it out only where the page can neither change anything nor read the answer.
 */
export function createForeignCheck(own: OwnHosts): ForeignCheck {
  // The latest pair that passed: nearly every request has the same one.
  let lastHost: string | undefined;
  let lastOrigin: string | undefined;
  return ({ url = '/', headers: { host, origin } }) => {
    const isPlain = url.startsWith('/');
    if (isPlain && host === lastHost && host !== undefined && origin === lastOrigin) return null;
    // A whole URL as target takes precedence over the header: https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2
    const named = isPlain ? undefined : /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
    for (const each of named === undefined ? [host] : [named, host])
      if (each === undefined || !own.hasHost(each)) return wrongHost(each);
    if (origin !== undefined && !own.hasOrigin(origin, host)) return wrongOrigin();
    if (isPlain) [lastHost, lastOrigin] = [host, origin];
    return null;
  };
}

function wrongHost(host: string | undefined): ArrivalError {
  const what = host === undefined ? 'a request without a Host' : JSON.stringify(host.slice(0, 100));
  return new ArrivalError(
    421,
    'forbidden',
    `This server runs in open mode, where it answers only to its own names and addresses, and not to ${what}. Set public_url (PLANTAIN_PUBLIC_URL) to the address by which it is reached, or auth (PLANTAIN_AUTH) to keys.`,
  );
}

function wrongOrigin(): ArrivalError {
  return new ArrivalError(
    403,
    'forbidden',
    'This server runs in open mode, where pages of other origins may not call it. Serve the page from localhost or from the host in public_url (PLANTAIN_PUBLIC_URL), or set auth (PLANTAIN_AUTH) to keys.',
  );
}

/** Name, or address (IPv6 in brackets), with or without a port: no credentials, no path, no space. */
const hostShape = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i;

/** Gives the host as the URL standard spells it, without its port and a final dot; `''` for anything that is no host. */
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
