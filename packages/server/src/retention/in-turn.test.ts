import { expect, test } from 'vitest';
import { createLocalNodes } from '../core/nodes/local-nodes.ts';
import { createTestTime } from '../lib/timers.fixture.ts';
import { inTurn } from './in-turn.ts';

const restMs = 6 * 3_600_000;

/** Nodes with sweeps that last until the test ends them. */
function setUp() {
  const time = createTestTime();
  const nodes = createLocalNodes();
  const stopping = new AbortController();
  function sweep(id: string) {
    const held = Promise.withResolvers<{ orphans: number }>();
    let signal: AbortSignal | undefined;
    const claim = (until: number) => nodes.claimDuty('files', { id, now: time.now(), until });
    const swept = inTurn(
      { claim, clock: time, startTimer: time.startTimer },
      { stopping: stopping.signal, restMs },
      (each) => {
        signal = each;
        return held.promise;
      },
    );
    return { swept, isSweeping: () => signal !== undefined, isTold: () => signal?.aborted, ...held };
  }
  const passed = async (ms: number) => {
    for (let left = ms; left > 0; left -= 60_000) {
      time.pass(Math.min(left, 60_000));
      await new Promise(setImmediate);
    }
  };
  return { sweep, passed, time, stop: () => stopping.abort() };
}

test('one sweeps at a time, for as long as it takes, and then nobody for six hours', async () => {
  const { sweep, passed } = setUp();
  const first = sweep('a');
  await expect.poll(first.isSweeping).toBe(true);
  await passed(3_600_000);
  expect(await sweep('b').swept).toEqual({});
  first.resolve({ orphans: 3 });
  expect(await first.swept).toEqual({ orphans: 3 });
  await passed(restMs - 60_000);
  expect(await sweep('b').swept).toEqual({});
  await passed(120_000);
  const next = sweep('b');
  await expect.poll(next.isSweeping).toBe(true);
});

test('another sweeps some minutes after one died, and the one that comes back ends its sweep', async () => {
  const { sweep, passed, time } = setUp();
  const first = sweep('a');
  await expect.poll(first.isSweeping).toBe(true);
  // As while a process is stopped: its timers don't fire.
  time.sleep(4 * 60_000);
  const second = sweep('b');
  await expect.poll(second.isSweeping).toBe(true);
  await passed(120_000);
  await expect.poll(first.isTold).toBe(true);
  expect(second.isTold()).toBe(false);
});

test('a sweep that fails, or that a stop ends, is free at once for another', async () => {
  const { sweep, stop } = setUp();
  const failing = sweep('a');
  await expect.poll(failing.isSweeping).toBe(true);
  failing.reject(new Error('the bucket is away'));
  await expect(failing.swept).rejects.toThrow('away');
  const stopped = sweep('b');
  await expect.poll(stopped.isSweeping).toBe(true);
  stop();
  stopped.resolve({ orphans: 0 });
  await stopped.swept;
  const next = sweep('c');
  await expect.poll(next.isSweeping).toBe(true);
});
