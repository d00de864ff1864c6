import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { createTestTime } from '../lib/timers.fixture.ts';
import { createLookLoop } from './look-loop.ts';

/** A loop whose looks each end when the test says so, with the wait that it says. */
function openLoop() {
  const time = createTestTime();
  const begun = new EventEmitter();
  const startedAt = time.now();
  const looks: { at: number; end: (waitMs: number | null) => void }[] = [];
  const loop = createLookLoop(time.startTimer, async () => {
    const { promise, resolve } = Promise.withResolvers<number | null>();
    looks.push({ at: time.now() - startedAt, end: resolve });
    begun.emit('look');
    return await promise;
  });
  onTestFinished(async () => {
    looks.at(-1)?.end(null);
    await loop.stop();
    time.end();
  });
  return {
    loop,
    time,
    looks,
    /** Resolves with the look of this number from 1 when it has begun. */
    async look(number: number) {
      while (looks.length < number) await once(begun, 'look');
      return looks[number - 1] as (typeof looks)[number];
    },
  };
}

test('a look that is asked for during another begins after it, and not in quick succession', async () => {
  const { loop, looks, look } = openLoop();
  loop.start();
  const first = await look(1);
  loop.wake();
  loop.wake();
  expect(looks).toHaveLength(1);
  first.end(60_000);
  const second = await look(2);
  expect(second.at - first.at).toBeGreaterThanOrEqual(19);
});

test('the next look is when the last one said, and no later than after a minute', async () => {
  const { loop, time, look } = openLoop();
  loop.start();
  const first = await look(1);
  first.end(5_000);
  // The loop goes on in the microtasks before this.
  await new Promise((resolve) => setImmediate(resolve));
  time.pass(5_000);
  const second = await look(2);
  expect(second.at - first.at).toBeLessThan(60_000);
  second.end(Infinity);
  await new Promise((resolve) => setImmediate(resolve));
  time.pass(60_000);
  expect((await look(3)).at - second.at).toBeGreaterThanOrEqual(60_000);
});

test('a stop waits for the look under way, and no other begins', async () => {
  const { loop, looks, look } = openLoop();
  loop.start();
  const first = await look(1);
  loop.wake();
  let isStopped = false;
  const stopped = loop.stop().then(() => (isStopped = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isStopped).toBe(false);
  first.end(0);
  await stopped;
  loop.wake();
  await loop.stop();
  expect(looks).toHaveLength(1);
});
