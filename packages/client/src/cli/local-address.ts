// Detects URLs that lead to this machine.

import { networkInterfaces } from 'node:os';

/**
 * Returns the address and port on which a caller of the URL arrives; `undefined` where it leads elsewhere, as to a tunnel, or is https,
 * which needs a proxy before the listener.
 */
export function localAddress(url: string | undefined): { host: string; port: number } | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { hostname, port: given, protocol } = new URL(url);
  if (protocol !== 'http:') return undefined;
  const port = given === '' ? 80 : Number(given);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost') return { host: '127.0.0.1', port };
  const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  return /^127(\.\d+){3}$/.test(host) || own.includes(host) ? { host, port } : undefined;
}
