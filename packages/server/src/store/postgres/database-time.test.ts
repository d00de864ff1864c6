import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { startServer, temporaryDirectory } from '../../http/server.fixture.ts';
import { createDatabaseTime } from './database-time.ts';
import { databaseOfTest, postgresUrl } from './database/store.fixture.ts';

const hour = 3_600_000;
const today = Date.UTC(2026, 10, 29);

/** A database that says it is `today`, so many milliseconds after it was asked, on a machine whose clock is an hour ahead. */
function setUp(answers: { thereMs: number; backMs: number }[]) {
  const machine = { elapsed: 1_000, isAway: false };
  const timers: number[] = [];
  let fire = () => {};
  const time = createDatabaseTime({
    async query() {
      if (machine.isAway) throw new Error('away');
      const { thereMs, backMs } = answers.shift() ?? { thereMs: 0, backMs: 0 };
      machine.elapsed += thereMs + backMs;
      return [{ now: today + machine.elapsed - 1_000 - backMs }];
    },
    startTimer(run, ms) {
      timers.push(ms);
      fire = run;
      return () => {};
    },
    machine: () => today + hour,
    elapsed: () => machine.elapsed,
  });
  /** How far the time is from the database's. */
  const error = () => time.now() - (today + machine.elapsed - 1_000);
  return { time, error, machine, timers, fire: () => fire() };
}

const even = (ms: number) => ({ thereMs: ms, backMs: ms });

describe('the time of the database', () => {
  test('is the machine’s until it was measured, and from then on that of the soonest answer', async () => {
    const { time, error } = setUp([{ thereMs: 90, backMs: 0 }, even(4), { thereMs: 0, backMs: 30 }]);
    expect(error()).toBe(hour);
    await time.measure();
    expect(error()).toBe(0);
  });

  test('is measured again each minute, and soon where that failed; slow answers change nothing', async () => {
    const slow = { thereMs: 5_000, backMs: 0 };
    const { time, error, machine, timers, fire } = setUp([even(1), even(1), even(1), slow, slow, slow]);
    await time.measure();
    fire();
    await expect.poll(() => timers).toEqual([60_000, 1_000]);
    expect(error()).toBe(0);
    machine.isAway = true;
    fire();
    await expect.poll(() => timers).toEqual([60_000, 1_000, 1_000]);
    machine.isAway = false;
    await time.measure();
    expect(timers.at(-1)).toBe(60_000);
    time.close();
    await time.measure();
    expect(timers).toHaveLength(4);
  });
});

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a server whose machine’s clock is an hour off lives by the database’s',
  async () => {
    const real = Date.now();
    const url = await databaseOfTest();
    for (const off of [hour, -hour]) {
      vi.useFakeTimers({ toFake: ['Date'], now: real + off });
      onTestFinished(() => void vi.useRealTimers());
      const server = await startServer({
        DATABASE_URL: url,
        PICTURE_STORE: 'shared',
        PICTURES_DIR: temporaryDirectory(),
      });
      const made = await server.final(await server.submit({ prompt: 'a banana' }));
      expect(made.state).toBe('succeeded');
      for (const at of [made.create_time, made.attempts[0]?.start_time])
        expect(Math.abs(Number(at) - real / 1000)).toBeLessThan(600);
      vi.setSystemTime(real - off);
      const later = await server.task(await server.submit({ prompt: 'another' }));
      expect(Math.abs(Number(later.create_time) - real / 1000)).toBeLessThan(600);
      await server.stop();
    }
  },
);
