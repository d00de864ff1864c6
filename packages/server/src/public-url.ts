// The address that links to this server begin with. It is asked for each time: a server on a free port learns its port only when it
// listens, which is right before the first request can come.

import type { Config } from './config/settings.ts';

export interface PublicUrl {
  current(): string;
  /** Takes the port that the server listens on. Returns where it listens, which is not what the settings call public. */
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

/** An address that a person on this machine can open: listening on every interface includes this machine. */
function reachableAt(host: string, port: number): string {
  const named = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
}
