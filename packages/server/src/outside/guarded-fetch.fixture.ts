// For tests: servers on loopback that count their connections, a guarded fetch with short names, and a certificate.

import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { expect } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { TaskFailure } from '../core/errors.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { afterThisTest } from '../lib/ends.fixture.ts';
import type { GuardedFetch } from '../core/pictures/inputs.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import type { FetchLimits } from './guarded-hop.ts';
import type { Lookup } from './host-lookup.ts';

const generous: FetchLimits = {
  maxBytes: 1000,
  connectMs: 5000,
  silenceMs: 5000,
  totalMs: 10_000,
};

const running: (() => Promise<void>)[] = [];

/** Stops every server of the current test; each test ends with it by itself. */
export async function stopServers(): Promise<void> {
  for (const stop of running.splice(0)) await stop();
}

export interface Listening {
  port: number;
  /** Connections seen so far. */
  connections: () => number;
}

/** Starts a server; `port` 0 draws a free one. */
export async function listen(server: Server | TcpServer, host = '127.0.0.1', port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(port, host);
  await once(server, 'listening');
  afterThisTest(stopServers);
  running.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** A plain HTTP server. */
export const serve = (listener: RequestListener, host?: string, port?: number): Promise<Listening> =>
  listen(createServer(listener), host, port);

/** A server that answers the first bytes of every connection by hand. */
export const serveRaw = (speak: (socket: Socket) => void): Promise<Listening> =>
  listen(createTcpServer((socket) => void socket.once('data', () => speak(socket))));

export interface Options {
  allowed?: string[];
  /** Every port unless given, as test servers have the one that they draw. */
  allowedPorts?: readonly number[];
  limits?: Partial<FetchLimits>;
  lookup?: Lookup;
}

const everyPort = Array.from({ length: 65_536 }, (_, port) => port);
export const loopback = { allowed: ['127.0.0.0/8'] };
export const never = new AbortController().signal;

/** A guarded fetch with limits that nothing meets by chance; at most 1000 bytes. */
export const guarded = ({
  allowed = [],
  allowedPorts = everyPort,
  limits = {},
  lookup,
}: Options = {}): GuardedFetch =>
  createGuardedFetch({
    policy: createAddressPolicy(allowed, { allowedPorts }),
    limits: { ...generous, ...limits },
    ...(lookup && { lookup }),
  });

/** How the fetch of `url` fails; fails itself when it does not. */
export async function failureOf(url: string, options: Options | GuardedFetch = {}): Promise<TaskFailure> {
  const fetch = typeof options === 'function' ? options : guarded(options);
  const error: unknown = await fetch(url, never).catch((reason: unknown) => reason);
  if (!(error instanceof TaskError)) throw new Error('no TaskError', { cause: error });
  expect(error.failure.type).toBe('input_unreachable');
  return error.failure;
}

/** A new self-signed certificate for a DNS name, so that no private key has to lie in the repository. */
export function createCertificate(host = 'localhost'): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hex = (text: string): Buffer => Buffer.from(text, 'hex');
  const ecdsaWithSha256 = der(0x30, hex('06082a8648ce3d040302'));
  const name = der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, Buffer.from(host)))));
  const validity = der(
    0x30,
    der(0x17, Buffer.from('200101000000Z')),
    der(0x17, Buffer.from('491231235959Z')),
  );
  const alternativeName = der(0x04, der(0x30, der(0x82, Buffer.from(host))));
  const extensions = der(0xa3, der(0x30, der(0x30, hex('0603551d11'), alternativeName)));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const versionAndSerial = hex('a003020102020101');
  const content = der(0x30, versionAndSerial, ecdsaWithSha256, name, validity, name, subjectKey, extensions);
  const signature = der(0x03, Buffer.concat([hex('00'), sign('sha256', content, privateKey)]));
  const certificate = der(0x30, content, ecdsaWithSha256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

/** One ASN.1 value in DER. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const { length } = Buffer.concat(parts);
  const long = length > 255 ? [0x82, length >> 8, length & 255] : [0x81, length];
  return Buffer.concat([Buffer.from([tag, ...(length > 127 ? long : [length])]), ...parts]);
}
