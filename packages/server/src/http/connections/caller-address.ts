// The caller's address as the server sees it, through the configured number of trusted proxies.

import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';

/** Gives the address as a JSON string. */
export type CallerAddress = (request: IncomingMessage) => string;

/**
 * Each trusted proxy appends the address it was called from to `X-Forwarded-For`; what stands before those entries was
 * written by the caller and is worth nothing. So with N proxies the address is the Nth entry from the right.
 */
export function createCallerAddress(trustedProxies: number): CallerAddress {
  if (trustedProxies === 0) return (request) => socketAddress(request.socket);
  return (request) => {
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
    const entry = forwarded.at(-trustedProxies)?.trim() ?? '';
    return isIP(entry) === 0 ? socketAddress(request.socket) : toJson(entry);
  };
}

/** A connection's address never changes, and asking the socket for it costs a system call. */
const bySocket = new WeakMap<Socket, string>();

/** The address at the other end, as a JSON string. */
export function socketAddress(socket: Socket): string {
  const known = bySocket.get(socket);
  if (known !== undefined) return known;
  const address = toJson(socket.remoteAddress ?? '');
  bySocket.set(socket, address);
  return address;
}

/** An IPv4 address that came through an IPv6 socket is shown as what it is. */
function toJson(address: string): string {
  return JSON.stringify(address.replace(/^::ffff:(?=\d+\.)/i, ''));
}
