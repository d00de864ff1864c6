import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import type { StartTimer } from '../../lib/timers.ts';
import { command, databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { claimDatabase } from './only-server.ts';

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

async function setUp() {
  const url = await databaseOfTest();
  const taken: string[] = [];
  async function claim(startTimer: StartTimer = soon) {
    const claimed = await claimDatabase({ url, startTimer, onTaken: ({ message }) => taken.push(message) });
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
  return { claim, cutOff, holders, taken };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a database', () => {
  test('has one server: another is refused with a sentence, until the first has ended', async () => {
    const { claim } = await setUp();
    const first = await claim();
    await expect(claim()).rejects.toThrow('Another server works on the database');
    first.close();
    await expect(claim()).resolves.toBeDefined();
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
});
