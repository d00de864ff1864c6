// Connections through an HTTP proxy, by CONNECT (RFC 9110, section 9.3.6). Whatever is spoken then, TLS too, is between this server and
// the other end. Where the proxy is given an address, and not a name, the connection is pinned to it as one without a proxy is.

import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { inputFailure } from '../core/errors.ts';
import { proxyAuthorization } from '../lib/network/proxies.ts';

/** How a call goes that takes a proxy. */
export interface Way {
  proxy: URL;
  /** Addresses or names that lead to the host, tried one after the other: `192.0.2.1`, `2001:db8::1`, `pictures.example`. */
  targets: readonly string[];
}

/**
 * Makes undici's connector for calls to `host`. It fails with a `TaskError` (`input_unreachable`) where the proxy can't be reached or refuses;
 * the message names `host` and nothing else.
 */
export function connectThrough(way: Way, host: string, connectMs: number): buildConnector.connector {
  const overTls = buildConnector({ timeout: connectMs, allowH2: false, maxCachedSessions: 0 });
  async function connect(options: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    const port = options.port || { 'https:': '443' }[options.protocol] || '80';
    let socket: Socket;
    try {
      socket = await openFirst(way, port, host, AbortSignal.timeout(connectMs));
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    if (options.protocol === 'https:') overTls({ ...options, httpSocket: socket }, callback);
    else callback(null, socket);
  }
  return (options, callback) => void connect(options, callback);
}

/** Statuses of a proxy that has not reached the address: another may be there (RFC 9110, section 15.6). */
const notReached = new Set([500, 502, 503, 504]);

async function openFirst(
  { proxy, targets }: Way,
  port: string,
  host: string,
  signal: AbortSignal,
): Promise<Socket> {
  let status = 502;
  for (const target of targets) {
    const answer = await askProxy(
      proxy,
      target.includes(':') ? `[${target}]:${port}` : `${target}:${port}`,
      signal,
    ).catch((error: unknown) => {
      // Never as it is: of an error of a socket undici believes that it was the connection of a request, and connects again without end.
      throw inputFailure(`The link at ${host} was not fetched: the proxy of this server gave no answer.`, {
        retryable: true,
        cause: error,
      });
    });
    if (answer.socket !== null) return answer.socket;
    ({ status } = answer);
    if (!notReached.has(status)) break;
  }
  throw inputFailure(`The link at ${host} was not fetched: the proxy of this server answered ${status}.`, {
    retryable: notReached.has(status),
  });
}

async function askProxy(
  proxy: URL,
  path: string,
  signal: AbortSignal,
): Promise<{ socket: Socket | null; status: number }> {
  const authorization = proxyAuthorization(proxy);
  const client = new Client(proxy.origin, { connect: { allowH2: false } });
  try {
    const { socket, statusCode: status } = await client.connect({
      path,
      signal,
      headers: { host: path, ...(authorization !== null && { 'proxy-authorization': authorization }) },
    });
    // An answer other than of success has no tunnel behind it.
    if (status >= 200 && status < 300) return { socket: socket as Socket, status };
    socket.on('error', () => {}).destroy();
    return { socket: null, status };
  } finally {
    // A tunnel is the client's no more.
    client.destroy().catch(() => {});
  }
}
