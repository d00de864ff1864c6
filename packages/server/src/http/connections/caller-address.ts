// Finds the address of a request's caller, through the configured number of trusted proxies.

import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';

/** Gives the address as a JSON string. */
export type CallerAddress = (request: IncomingMessage) => string;

/**
 * Reads the address from `X-Forwarded-For`. Each trusted proxy appends the address of its caller, and the client can write
 * anything before that. So with N proxies the address is the Nth entry from the right.
 */
export function createCallerAddress(trustedProxies: number): CallerAddress {
  if (trustedProxies === 0) return (request) => socketAddress(request.socket);
  return (request) => {
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
    const entry = forwarded.at(-trustedProxies)?.trim() ?? '';
    return isIP(entry) === 0 ? socketAddress(request.socket) : toJson(entry);
  };
}

/** Addresses by connection: asking a socket costs a system call, and the answer never changes. */
const bySocket = new WeakMap<Socket, string>();

/** Gives the address at the other end of a connection, as a JSON string. */
export function socketAddress(socket: Socket): string {
  const known = bySocket.get(socket);
  if (known !== undefined) return known;
  const address = toJson(socket.remoteAddress ?? '');
  bySocket.set(socket, address);
  return address;
}

/** Writes an address as a JSON string, an IPv4 address of an IPv6 socket without `::ffff:`. */
function toJson(address: string): string {
  return JSON.stringify(address.replace(/^::ffff:(?=\d+\.)/i, ''));
}
