// Ways to a database that its address names, with a server that knows how connections begin and nothing else.

import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createCertificate } from '../../../outside/guarded-fetch.fixture.ts';
import { temporaryDirectory } from '../../../http/server.fixture.ts';
import { createTestTime } from '../../../lib/timers.fixture.ts';
import { nameOfDatabase } from './address.ts';
import { openDatabase } from './database.ts';
import { keepConnected } from './lasting-connection.ts';
import { command, databaseOfTest, postgresUrl } from './store.fixture.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Opens a server that asks for a password in clear text; `password` is what came. With a certificate it speaks TLS only. */
async function openGate(certificate?: { key: string; cert: string }) {
  const password = Promise.withResolvers<string>();
  function ask(socket: Socket): void {
    socket.once('data', () => {
      // https://www.postgresql.org/docs/current/protocol-message-formats.html: AuthenticationCleartextPassword
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once('data', (answer: Buffer) => {
        password.resolve(answer.subarray(5, -1).toString());
        socket.destroy();
      });
    });
  }
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (certificate === undefined) return ask(socket);
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, ...certificate });
      ask(secure.on('error', () => {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, password: password.promise };
}

/** Opens a server that speaks no TLS, with an address that asks for it and names the file of an authority. `onAsked` is called before it says so. */
async function openWithFile(onAsked: () => void) {
  const file = join(temporaryDirectory(), 'authority.pem');
  writeFileSync(file, createCertificate().cert);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      onAsked();
      socket.end('N');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    file,
    url: `postgres://plantain@127.0.0.1:${port}/plantain?sslrootcert=${encodeURIComponent(file)}`,
  };
}

/** Gives the fault of the first statement. */
async function faultAt(url: string): Promise<unknown> {
  const database = openDatabase({ url });
  onTestFinished(() => database.close());
  return await database.query('SELECT 1').catch((error: Error) => error.cause);
}

test('a password may come from the environment', async () => {
  const { port, password } = await openGate();
  vi.stubEnv('PGPASSWORD', 'from the environment');
  await faultAt(`postgres://plantain@127.0.0.1:${port}/plantain`);
  expect(await password).toBe('from the environment');
});

test('a password may come from a file', async () => {
  const { port, password } = await openGate();
  const file = join(temporaryDirectory(), 'pgpass');
  writeFileSync(file, `127.0.0.1:${port}:*:plantain:from a file\n`, { mode: 0o600 });
  vi.stubEnv('PGPASSFILE', file);
  await faultAt(`postgres://plantain@127.0.0.1:${port}/plantain`);
  expect(await password).toBe('from a file');
});

test('a certificate is believed where its authority is named, and else not', async () => {
  const certificate = createCertificate();
  const { port, password } = await openGate(certificate);
  const url = `postgres://plantain:secret@localhost:${port}/plantain?sslmode=verify-full`;
  expect(await faultAt(url)).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const file = join(temporaryDirectory(), 'authority.pem');
  writeFileSync(file, certificate.cert);
  await faultAt(`${url}&sslrootcert=${encodeURIComponent(file)}`);
  expect(await password).toBe('secret');
});

test('a file that is gone is a fault of those who wait for a connection, and the process goes on', async () => {
  const { file, url } = await openWithFile(() => rmSync(file));
  const database = openDatabase({ url, connections: { reads: 1, writes: 1 } });
  onTestFinished(() => database.close());
  const causes = [database.query('SELECT 1'), database.query('SELECT 2')].map((answer) =>
    answer.catch(({ cause }: Error) => cause),
  );
  expect(await causes[0]).toMatchObject({ message: 'The server does not support SSL connections' });
  expect(await causes[1]).toMatchObject({ code: 'ENOENT' });
});

test('a connection that lasts is made when the file that its address names is there again', async () => {
  const arrived = Promise.withResolvers<void>();
  const { file, url } = await openWithFile(arrived.resolve);
  const time = createTestTime();
  const failed = Promise.withResolvers<void>();
  rmSync(file);
  const connection = keepConnected(
    { url, name: 'test', onFailed: failed.resolve },
    () => Promise.resolve(),
    time.startTimer,
  );
  onTestFinished(() => connection.close());
  await failed.promise;
  writeFileSync(file, createCertificate().cert);
  time.pass(1_000);
  await expect(arrived.promise).resolves.toBeUndefined();
});

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a socket is named as a host', async () => {
  const url = new URL(await databaseOfTest());
  const [row] = (await command(url.href, 'SHOW unix_socket_directories')) as [
    { unix_socket_directories: string },
  ];
  const folder = encodeURIComponent(row.unix_socket_directories);
  const addresses = [
    `postgres://plantain@${folder}:${url.port}${url.pathname}`,
    `postgres://plantain@localhost:${url.port}${url.pathname}?host=${folder}`,
  ];
  for (const address of addresses) {
    const database = openDatabase({ url: address });
    onTestFinished(() => database.close());
    const [is] = await database.query('SELECT inet_client_addr() IS NULL AS local');
    expect(is).toEqual({ local: true });
  }
});

test('a database is named with its place, and never with its password', () => {
  const named = (address: string) => nameOfDatabase(`postgres://user:secret@${address}`);
  expect(named('db.example:5433/pictures?sslmode=verify-full')).toBe('pictures at db.example:5433');
  expect(named('%2Fvar%2Frun%2Fpostgresql/pictures')).toBe('pictures at /var/run/postgresql');
  expect(nameOfDatabase('postgres:///pictures?host=/tmp&password=secret')).toBe('pictures at /tmp');
});
