// Connections to upstreams: directly, or through the proxy that the settings have for a URL.

import { Agent, Pool, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import type { Proxies } from '../lib/network/proxies.ts';

const connectionOptions = {
  // One connection for each call: with HTTP/2 one broken connection would take every paid call with it.
  allowH2: false,
} as const;

/** Long enough for a proxy that says by itself, with 504, that it has not reached the host. */
export const usualTunnelMs = 30_000;

/** Agents for direct calls and for each proxy, made when they are needed first. A proxy has `tunnelMs` to answer that a tunnel stands. */
export function createAgents(proxies: Proxies, tunnelMs: number) {
  const agents = new Map<string, Dispatcher>();
  const clientFactory = (origin: URL, options: object) =>
    new Pool(origin, { ...options, headersTimeout: tunnelMs });
  return {
    of(target: URL): Dispatcher {
      const uri = proxies.proxyFor(target)?.href ?? '';
      const made =
        agents.get(uri) ??
        (uri === ''
          ? new Agent(connectionOptions)
          : new ProxyAgent({ ...connectionOptions, uri, clientFactory }));
      agents.set(uri, made);
      return made;
    },
    async close() {
      for (const agent of agents.values()) await agent.destroy();
    },
  };
}

/** Texts of undici's errors where a proxy refuses (lib/dispatcher/proxy-agent.js): a tunnel, or with 407 a call that it was to hand on. */
const refusals = [/^Proxy response \((\d{3})\) /, /^Proxy Authentication Required \((407)\)$/];

/** Status with which a proxy refused to pass a call on; `undefined` where the error is another. */
export function statusOfProxy({ message }: Error): number | undefined {
  const found = refusals.map((pattern) => pattern.exec(message)?.[1]).find((status) => status !== undefined);
  return found === undefined ? undefined : Number(found);
}
