// The proxy that a call goes through: by HTTP_PROXY and HTTPS_PROXY for the URL's scheme, and by NO_PROXY, which names what is called directly.
// These variables have no standard. As most programs do, an entry of NO_PROXY means a name with all names below it, an address, or a network
// (curl, https://curl.se/docs/manpage.html#NOPROXY), perhaps with a port. As in Go, this machine itself is never called through a proxy
// (https://pkg.go.dev/net/http#ProxyFromEnvironment), to which `localhost` would be another.

import { isIP } from 'node:net';
import { type AllowedHost, isInRange, isLocalhost, parseAllowedHosts } from '../addresses.ts';

export interface ProxySettings {
  http?: string | undefined;
  https?: string | undefined;
  /** Entries of NO_PROXY. One that can't be read means nothing. */
  none?: readonly string[] | undefined;
}

export interface Proxies {
  /** Finds the proxy for a URL; `null` where it is called directly. */
  proxyFor(target: URL): URL | null;
}

const loopback = parseAllowedHosts(['127.0.0.0/8', '::1']).hosts;

/** The addresses are those of HTTP proxies, reached by http or https, perhaps with a user and a password. */
export function createProxies({ http, https = http, none = [] }: ProxySettings): Proxies {
  const all = none.includes('*');
  const direct = [...loopback, ...parseAllowedHosts(none.map(withoutWildcard)).hosts];
  const proxies = {
    'http:': http === undefined ? null : new URL(http),
    'https:': https === undefined ? null : new URL(https),
  };
  return {
    proxyFor({ protocol, hostname, port }) {
      const proxy = protocol === 'https:' || protocol === 'http:' ? proxies[protocol] : null;
      const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
      const number = port === '' ? { 'http:': 80, 'https:': 443 }[protocol] : Number(port);
      if (proxy === null || all || isLocalhost(host)) return null;
      return direct.some((entry) => isMeant(entry, host, number)) ? null : proxy;
    },
  };
}

/** `*.example.com` and `.example.com` are other ways to write `example.com`. */
const withoutWildcard = (entry: string): string => entry.replace(/^\*?\./, '');

function isMeant({ name, range, port }: AllowedHost, host: string, number: number | undefined): boolean {
  if (port !== undefined && port !== number) return false;
  if (range !== undefined) return isIP(host) > 0 && isInRange(host, range);
  return name !== undefined && (host === name || host.endsWith(`.${name}`));
}

/** Value of `Proxy-Authorization` (RFC 9110, section 11.7.2) for the user and the password in a proxy's address; `null` without. */
export function proxyAuthorization({ username, password }: URL): string | null {
  if (username === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
