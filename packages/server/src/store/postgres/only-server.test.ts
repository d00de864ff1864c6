import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { StartTimer } from '../../lib/timers.ts';
import { command, databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { claimDatabase } from './only-server.ts';
import { openPostgres } from './open-postgres.ts';

/** Timers that end soon, however long they are. */
const soon: StartTimer = (run) => {
  const timer = setTimeout(run, 5);
  return () => clearTimeout(timer);
};

/** Timers that end when the test lets them. */
function heldTimers() {
  let held: (() => void)[] = [];
  const startTimer: StartTimer = (run) => {
    held.push(run);
    return () => void (held = held.filter((each) => each !== run));
  };
  return { startTimer, count: () => held.length, letGo: () => held.splice(0).forEach((run) => run()) };
}

/** A way to the database that loses its clients, and says nothing of that to the database. */
async function startLossyWay(url: string) {
  const { hostname, port } = new URL(url);
  const ends: Socket[] = [];
  const clients: Socket[] = [];
  const way = createServer((client) => {
    const end = connect(Number(port), hostname);
    for (const each of [client, end]) each.on('error', () => {});
    client.on('data', (chunk) => end.write(chunk));
    end.on('data', (chunk) => client.write(chunk));
    clients.push(client);
    ends.push(end);
  }).listen(0, '127.0.0.1');
  await once(way, 'listening');
  onTestFinished(() => {
    for (const each of [...clients, ...ends]) each.destroy();
    way.close();
  });
  const wayPort = String((way.address() as AddressInfo).port);
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: wayPort }).href,
    lose: () => clients.splice(0).forEach((client) => client.resetAndDestroy()),
  };
}

async function setUp() {
  const url = await databaseOfTest();
  const taken: string[] = [];
  async function claim(startTimer: StartTimer = soon, { by = url, alone = true } = {}) {
    const claimed = await claimDatabase({
      url: by,
      alone,
      startTimer,
      onTaken: ({ message }) => taken.push(message),
    });
    onTestFinished(() => claimed.close());
    return claimed;
  }
  const cutOff = () =>
    command(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'plantain server' AND datname = current_database()`,
    );
  /** Processes of the database that hold a server's lock. */
  async function holders(): Promise<number[]> {
    const rows = await command(
      url,
      `SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
       WHERE locktype = 'advisory' AND granted AND datname = current_database()`,
    );
    return (rows as { pid: number }[]).map(({ pid }) => pid);
  }
  return { url, claim, cutOff, holders, taken };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a database', () => {
  test('has one server: another is refused with a sentence, until the first has ended', async () => {
    const { claim } = await setUp();
    const first = await claim();
    await expect(claim()).rejects.toThrow('Another server works on the database');
    first.close();
    await expect(claim()).resolves.toBeDefined();
  });

  test('has several servers that share it, or one alone', async () => {
    const { claim } = await setUp();
    const some = [await claim(soon, { alone: false }), await claim(soon, { alone: false })];
    await expect(claim()).rejects.toThrow('Another server works on the database');
    for (const each of some) each.close();
    await claim();
    await expect(claim(soon, { alone: false })).rejects.toThrow('is held by one server alone');
  });

  test('that several share is not waited for, but taken when it can be', async () => {
    const { url, claim, holders, taken } = await setUp();
    const way = await startLossyWay(url);
    const timers = heldTimers();
    const nowhere = Object.assign(new URL(way.url), { port: '1' }).href;
    await claim(timers.startTimer, { by: nowhere, alone: false });
    expect(await holders()).toEqual([]);
    await claim(soon, { by: way.url, alone: false });
    await expect.poll(holders).toHaveLength(1);
    way.lose();
    await expect.poll(async () => (await holders()).length).toBeGreaterThan(0);
    expect(taken).toEqual([]);
  });

  test('that was cut off from its server is its own again, and nobody else’s', async () => {
    const { claim, cutOff, holders, taken } = await setUp();
    await claim();
    const before = await holders();
    await cutOff();
    await expect.poll(async () => (await holders()).filter((pid) => !before.includes(pid)).length).toBe(1);
    await expect(claim()).rejects.toThrow('Another server works on the database');
    expect(taken).toEqual([]);
  });

  test('is its server’s again when the connection was lost on the way and the database has not noticed', async () => {
    const { url, claim, holders, taken } = await setUp();
    const way = await startLossyWay(url);
    await claim(soon, { by: way.url });
    const before = await holders();
    way.lose();
    await expect.poll(async () => (await holders()).filter((pid) => !before.includes(pid)).length).toBe(1);
    expect(taken).toEqual([]);
  });

  test('that another server took meanwhile is known to the one that was cut off', async () => {
    const { claim, cutOff, taken } = await setUp();
    const timers = heldTimers();
    await claim(timers.startTimer);
    await cutOff();
    await expect.poll(timers.count).toBe(1);
    await claim();
    await expect
      .poll(() => {
        timers.letGo();
        return taken;
      })
      .toEqual([expect.stringContaining('Another server works on the database')]);
  });

  test('is free again where the start fails after it was taken', async () => {
    const { claim, url } = await setUp();
    await command(url, 'ALTER TABLE link_secrets RENAME TO elsewhere');
    const options = {
      url,
      changes: createLocalChanges(),
      alone: true,
      onTaken() {},
      onSchemaStep() {},
      onAway() {},
      onBack() {},
      onRefused() {},
      onPooled() {},
    };
    await expect(openPostgres(options)).rejects.toThrow('link_secrets');
    await expect(claim()).resolves.toBeDefined();
  });
});
