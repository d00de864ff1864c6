import { onTestFinished, expect, test } from 'vitest';
import type { Order } from './thread-pool.fixture.ts';
import {
  createThreadPool,
  ThreadPoolError,
  type ThreadPoolOptions,
  type ThreadTaskOptions,
} from './thread-pool.ts';

function startPool(options: Partial<ThreadPoolOptions> = {}) {
  const entry = new URL('./thread-pool.fixture.ts', import.meta.url);
  const pool = createThreadPool({ entry, threads: 1, ...options });
  onTestFinished(() => pool.close());
  return {
    close: pool.close,
    run: (order: Order, more?: ThreadTaskOptions) => pool.run(order, more),
  };
}
const echo = (value: unknown): Order => ({ kind: 'echo', value });

/** Keeps a thread busy; resolves when it is. */
async function occupy({ run }: ReturnType<typeof startPool>) {
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const outcome = run({ kind: 'wait', flag });
  outcome.catch(() => {});
  const { async, value } = Atomics.waitAsync(flag, 0, 0);
  if (async) await value;
  return {
    outcome,
    release() {
      Atomics.store(flag, 1, 1);
      Atomics.notify(flag, 1);
    },
  };
}

test('memory moves into a thread and back, and is not copied', async () => {
  const { run } = startPool();
  const bytes = new Uint8Array(1_000_000).fill(7);
  const back = (await run(echo(bytes), { transfer: [bytes.buffer] })) as Uint8Array;
  expect(bytes.length).toBe(0);
  expect([back.length, back[999_999]]).toEqual([1_000_000, 7]);
});

test('a task that takes too long is ended with its thread, and the next is done by another', async () => {
  const { run } = startPool();
  const spinning = run({ kind: 'spin' }, { timeoutMs: 50 });
  const next = run(echo('next'));
  await expect(spinning).rejects.toMatchObject({ reason: 'time' });
  await expect(spinning).rejects.toBeInstanceOf(ThreadPoolError);
  expect(await next).toBe('next');
});

test('where the signal is to end the thread, what nobody waits for makes room for the next', async () => {
  const { run } = startPool();
  const stop = new AbortController();
  const spinning = run({ kind: 'spin' }, { signal: stop.signal, endWithSignal: true });
  const next = run(echo('next'));
  stop.abort(new Error('enough'));
  await expect(spinning).rejects.toThrow('enough');
  expect(await next).toBe('next');
});

test('a task that takes too much memory is ended with its thread, and the process lives on', async () => {
  const { run } = startPool({ maxHeapMb: 32 });
  const growing = run({ kind: 'grow' });
  const next = run(echo('next'));
  await expect(growing).rejects.toMatchObject({ reason: 'memory' });
  expect(await next).toBe('next');
});

test('a task that fails, and one that can’t be sent, leave the thread to the others', async () => {
  const { run } = startPool();
  await expect(run({ kind: 'throw' })).rejects.toMatchObject({ reason: 'fault', message: 'No.' });
  await expect(run(echo(() => {}))).rejects.toMatchObject({ reason: 'fault' });
  await expect(run({ kind: 'exit' })).rejects.toMatchObject({ reason: 'fault' });
  expect(await run(echo(1))).toBe(1);
});

test('those who wait are served in turn', async () => {
  const pool = startPool();
  const { release } = await occupy(pool);
  const done: string[] = [];
  const tasks = ['a', 'a', 'a', 'b', 'c'].map(async (by, index) => {
    await pool.run(echo(null), { by });
    done.push(`${by}${index}`);
  });
  release();
  await Promise.all(tasks);
  expect(done).toEqual(['a0', 'b3', 'c4', 'a1', 'a2']);
});

test('as many may wait as there are places, half of them of one owner', async () => {
  const pool = startPool({ maxWaiting: 4 });
  const { release } = await occupy(pool);
  const tasks = ['a', 'a', 'b', 'c'].map((by) => pool.run(echo(by), { by }));
  await expect(pool.run(echo(1), { by: 'd' })).rejects.toMatchObject({ reason: 'full' });
  release();
  expect(await Promise.all(tasks)).toEqual(['a', 'a', 'b', 'c']);

  const { release: releaseAgain } = await occupy(pool);
  const two = ['a', 'a'].map((by) => pool.run(echo(by), { by }));
  await expect(pool.run(echo(1), { by: 'a' })).rejects.toMatchObject({ reason: 'full' });
  const other = pool.run(echo('b'), { by: 'b' });
  releaseAgain();
  expect(await Promise.all([...two, other])).toEqual(['a', 'a', 'b']);
});

test('who gives up leaves the queue, and hears the signal’s reason', async () => {
  const pool = startPool({ maxWaiting: 2 });
  const { release, outcome } = await occupy(pool);
  const stop = new AbortController();
  const given = pool.run(echo(1), { signal: stop.signal });
  stop.abort(new Error('gone'));
  await expect(given).rejects.toThrow('gone');
  const next = pool.run(echo(2));
  release();
  expect([await outcome, await next]).toEqual(['waited', 2]);
  await expect(pool.run(echo(1), { signal: stop.signal })).rejects.toThrow('gone');
});

test('a thread without work ends, and the next task has a new one', async () => {
  const { run } = startPool({ idleMs: 0 });
  for (let round = 0; round < 3; round += 1) {
    expect(await run(echo(round))).toBe(round);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

test('a pool that is closed rejects what waits and what comes', async () => {
  const pool = startPool();
  const { outcome } = await occupy(pool);
  const waiting = pool.run(echo(1));
  waiting.catch(() => {});
  await pool.close();
  await pool.close();
  for (const task of [outcome, waiting, pool.run(echo(1))])
    await expect(task).rejects.toMatchObject({ reason: 'closed' });
});
