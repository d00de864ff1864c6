// Public URL: the beginning of links to this server. It is read for each link, because a server on a free port learns its port only when
// it listens.

import type { Config } from './config/settings.ts';

export interface PublicUrl {
  current(): string;
  /** Sets the port that the server listens on. Returns the address that it listens on, which may differ from the public one. */
  listensOn(port: number): string;
}

export function createPublicUrl({ public_url: set, host, port }: Config): PublicUrl {
  let url = set ?? reachableAt(host, port);
  return {
    current: () => url,
    listensOn(listened) {
      const listening = reachableAt(host, listened);
      url = set ?? listening;
      return listening;
    },
  };
}

/** Address that signs in to the console. The secret stands behind the `#`, which no browser sends anywhere. */
export const signInAddress = (publicUrl: string, secret: string): string => `${publicUrl}/#sign-in=${secret}`;

/** Address that a person on this machine can open. A server that listens on every interface is reached by the loopback one. */
function reachableAt(host: string, port: number): string {
  const named = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
}
