// PgBouncer before a database, in transaction mode: each transaction of a client may have another connection of the database, and each
// connection many clients.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from './server.fixture.ts';

/** Debian puts it where only root has its path. */
const places = ['pgbouncer', '/usr/sbin/pgbouncer'];
const program = places.find((place) => spawnSync(place, ['--version']).status === 0);

/**
 * Condition of `test.skipIf`. Unlike other tools PgBouncer may be missing where `CI` is set too: no package of npm has it, and `.ci/run` can install it only as root.
 */
export function hasNoPooler(): boolean {
  if (program === undefined) console.log('Skipped: what needs PgBouncer, which this machine does not have.');
  return program === undefined;
}

/** Gives an address of the same database that leads through the pooler, for the test that runs. */
export async function openPooler(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const directory = mkdtempSync(join(tmpdir(), 'plantain-pooler-'));
  // It refuses to run as root, and another user has to read its settings.
  chmodSync(directory, 0o755);
  const here = await freePort();
  const settings = join(directory, 'pgbouncer.ini');
  writeFileSync(
    settings,
    [
      '[databases]',
      `* = host=${hostname} port=${port} user=plantain`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${here}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'default_pool_size = 3',
    ].join('\n'),
  );
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const pooler = spawn(program ?? '', [settings], { ...asNobody, stdio: 'ignore' });
  const ended = once(pooler, 'exit');
  onTestFinished(async () => {
    pooler.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  await untilListening(here);
  return Object.assign(new URL(`postgres://plantain@127.0.0.1:${here}`), { pathname }).href;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = createConnection(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'close').then(() => ['close']),
    ]).catch(() => ['close']);
    socket.destroy();
    if (event === 'connect') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
