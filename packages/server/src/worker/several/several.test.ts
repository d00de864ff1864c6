import { describe, expect, test } from 'vitest';
import { createCancelTask } from '../../core/commands/cancel-task.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import {
  type Answer,
  failWith,
  makeUpstream,
  obedientHang,
  result,
  type UpstreamCall,
} from '../test-upstream.fixture.ts';
import { openStore } from '../worker.fixture.ts';

const indexOf = ({ request: { index = 1 } }: UpstreamCall): number => index;
const unused = () => result;

/** Calls by the number of their picture, and how many of them went on at once. */
function counting(answer: Answer, more: Partial<Upstream> = {}) {
  const seen = { indices: [] as number[], open: 0, most: 0 };
  const upstream = makeUpstream(async (call) => {
    seen.indices.push(indexOf(call));
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    try {
      return await answer(call);
    } finally {
      seen.open -= 1;
    }
  }, more);
  return { seen, credentials: [{ label: 'key_1', upstream }] };
}

/** Resolves the calls that wait when so many do. */
function meeting(number: number): Answer {
  const met = Promise.withResolvers<void>();
  let waiting = 0;
  return async () => {
    waiting += 1;
    if (waiting === number) met.resolve();
    await met.promise;
    return result;
  };
}

const refused = { type: 'content_rejected', message: 'Not that.', retryable: false } as const;
const isThere = ({ attempts }: Task) => attempts.some(({ brought }) => brought !== undefined);

describe('a task for several pictures', () => {
  test('has a call for each, all together where nobody waits, and shows them in their order', async () => {
    const { worker, add, final } = openStore();
    const { seen, credentials } = counting(meeting(4));
    worker(unused, { credentials }).start();
    const task = await final(await add({ count: 4 }));
    expect(seen.most).toBe(4);
    expect(task).toMatchObject({ state: 'succeeded', result: { description: 'done', warnings: [] } });
    const pictures = task.result?.pictures ?? [];
    for (const [place, { attempt }] of pictures.entries())
      expect(task.attempts.find(({ number }) => number === attempt)?.indices).toEqual([place + 1]);
    expect(pictures.map(({ fileName }) => fileName)).toEqual([
      'output.png',
      'output-2.png',
      'output-3.png',
      'output-4.png',
    ]);
    expect(new Set(pictures.map(({ key }) => key)).size).toBe(4);
    expect(pictures[0]).not.toHaveProperty('index');
    expect(task.attempts.map(({ indices }) => indices)).toEqual([[1], [2], [3], [4]]);
  });

  test('has its calls one after another where there is one slot', async () => {
    const { worker, add, final } = openStore();
    const { seen, credentials } = counting(unused);
    worker(unused, {
      credentials: credentials.map((each) => Object.assign(each, { limits: { concurrency: 1 } })),
    }).start();
    const task = await final(await add({ count: 3 }));
    expect(task.result?.pictures).toHaveLength(3);
    expect(seen).toMatchObject({ indices: [1, 2, 3], most: 1 });
  });

  test('makes no more calls at once than the process may', async () => {
    const { worker, add, final } = openStore();
    const { seen, credentials } = counting(meeting(2));
    worker(unused, { credentials, concurrency: 2 }).start();
    expect((await final(await add({ count: 5 }))).result?.pictures).toHaveLength(5);
    expect(seen.most).toBe(2);
  });

  test('waits for its turn with each picture where tasks of others wait', async () => {
    const { worker, add, final, until, looks, store } = openStore();
    const calls: string[] = [];
    const otherCame = Promise.withResolvers<void>();
    const answer: Answer = async ({ request }) => {
      calls.push(request.prompt);
      if (calls.length === 1) await otherCame.promise;
      return result;
    };
    const credentials = [{ label: 'key_1', upstream: makeUpstream(answer), limits: { concurrency: 1 } }];
    // A look that has begun before the other task came ends without it.
    let looksBefore = Number.POSITIVE_INFINITY;
    const pendingWork: typeof store.pendingWork = async (now) => {
      const work = await store.pendingWork(now);
      if (calls.length > 0 && work.needs.length > 0) looksBefore = Math.min(looksBefore, looks.length);
      return work;
    };
    worker(unused, { credentials, store: { ...store, pendingWork } }).start();
    const several = await add({ count: 2, prompt: 'several' });
    await until(several, ({ attempts }) => attempts.length === 1);
    const before = looks.length;
    const other = await add({ prompt: 'other', keyId: 'another' });
    // PostgreSQL names no need while the slot is taken, and is asked again and again.
    await expect.poll(() => looks.length > Math.min(looksBefore, before + 1), { interval: 5 }).toBe(true);
    otherCame.resolve();
    await Promise.all([final(several), final(other)]);
    expect(calls).toEqual(['several', 'other', 'several']);
  });

  test('succeeds with those that could be made, and says which could not and why', async () => {
    const { worker, add, final } = openStore();
    worker((call) => ([2, 4].includes(indexOf(call)) ? failWith(refused) : result)).start();
    const task = await final(await add({ count: 4 }));
    expect(task.result?.pictures.map(({ fileName }) => fileName)).toEqual(['output.png', 'output-3.png']);
    expect(task.result?.warnings).toEqual([
      '2 of 4 pictures could not be made. Pictures 2, 4: content_rejected: Not that.',
    ]);
  });

  test('fails with the last reason where none could be made', async () => {
    const { worker, add, final } = openStore();
    worker(() => failWith(refused)).start();
    const task = await final(await add({ count: 3 }));
    expect(task).toMatchObject({ state: 'error', failure: refused, result: null });
    expect(task.attempts).toHaveLength(3);
  });

  test('asks again for what failed alone, as often as a task for one does', async () => {
    const { worker, add, final } = openStore();
    const { seen, credentials } = counting((call) => {
      const times = seen.indices.filter((index) => index === indexOf(call)).length;
      if (indexOf(call) === 3 || (indexOf(call) === 2 && times === 1)) failWith({});
      return result;
    });
    worker(unused, { credentials, maxTries: 2 }).start();
    const task = await final(await add({ count: 3 }));
    expect(task.result?.pictures).toHaveLength(2);
    expect(task.result?.warnings[0]).toContain(
      '1 of 3 pictures could not be made. Picture 3: upstream_unavailable',
    );
    expect(seen.indices.toSorted((a, b) => a - b)).toEqual([1, 2, 2, 3, 3]);
  });

  test('goes to another upstream with the picture that failed, and with no other', async () => {
    const { worker, add, final } = openStore();
    const second = counting(unused);
    const first = makeUpstream((call) => (indexOf(call) === 2 ? failWith({}) : result));
    const credentials = [
      { upstreamName: 'first', label: 'a', upstream: first },
      ...second.credentials.map((each) => ({ ...each, upstreamName: 'second' })),
    ];
    worker(unused, { credentials }).start();
    const task = await final(await add({ count: 3 }));
    expect(task.result?.pictures).toHaveLength(3);
    expect(second.seen.indices).toEqual([2]);
    expect(task.attempts.find(({ next }) => next !== undefined)).toMatchObject({
      indices: [2],
      upstream: 'first',
      next: { kind: 'elsewhere' },
    });
  });

  test('takes several of one call where the model gives them, and asks once more for those that did not come', async () => {
    const { worker, add, final } = openStore();
    const asked: (number | undefined)[] = [];
    const upstream = makeUpstream(
      ({ request: { count } }) => {
        asked.push(count);
        return {
          ...result,
          pictures: Array.from({ length: (count ?? 1) > 2 ? 3 : 1 }, () => result.pictures[0]!),
        };
      },
      { capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: false, maxPictures: 4 }) },
    );
    worker(unused, { credentials: [{ label: 'key_1', upstream }] }).start();
    const task = await final(await add({ count: 5 }));
    expect(task.result?.pictures).toHaveLength(5);
    expect(asked).toEqual([4, undefined, undefined]);
    expect(task.attempts.map(({ indices }) => indices)).toEqual([[1, 2, 3, 4], [5], [4]]);
  });

  test.each([
    [4, 1],
    [10, 4],
  ])(
    'that were asked for %d at once go on with %d for a call at another upstream that gives no more, and none is lost',
    async (many, few) => {
      const { worker, add, final } = openStore();
      const asked: [string, number][] = [];
      const giving = (name: string, maxPictures: number, answer: Answer) => ({
        upstreamName: name,
        label: 'a',
        upstream: makeUpstream(
          (call) => {
            asked.push([name, call.request.count ?? 1]);
            return answer(call);
          },
          { capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: false, maxPictures }) },
        ),
      });
      const credentials = [
        giving('wide', many, () => failWith({})),
        giving('narrow', few, ({ request: { count = 1 } }) => ({
          ...result,
          pictures: Array.from({ length: count }, () => result.pictures[0]!),
        })),
      ];
      worker(unused, { credentials }).start();
      const task = await final(await add({ count: many }));
      expect(task.result).toMatchObject({ warnings: [] });
      expect(task.result?.pictures).toHaveLength(many);
      expect(asked[0]).toEqual(['wide', many]);
      const others = asked.slice(1);
      expect(new Set(others.map(([name]) => name))).toEqual(new Set(['narrow']));
      expect(Math.max(...others.map(([, count]) => count))).toBe(few);
      expect(others.reduce((sum, [, count]) => sum + count, 0)).toBe(many);
    },
  );

  test('loads its inputs once, and fails with them', async () => {
    const { worker, add, final } = openStore();
    const loads: number[] = [];
    worker(unused, {
      loadInputs: async ({ length }) => {
        loads.push(length);
        return failWith({ type: 'input_unreachable', retryable: false });
      },
    }).start();
    const task = await final(await add({ count: 3, inputs: 2 }));
    expect(task).toMatchObject({ state: 'error', failure: { type: 'input_unreachable' }, attempts: [] });
    expect(loads).toEqual([2]);
  });
});

describe('pictures that are there', () => {
  test('are not asked for again when the server died with others under way', async () => {
    const { worker, add, final, until } = openStore();
    const { seen, credentials } = counting((call) =>
      indexOf(call) === 1 || seen.indices.length > 3 ? result : obedientHang(call),
    );
    worker(unused, { credentials }).start();
    const id = await add({ count: 3 });
    await until(id, (task) => isThere(task) && task.attempts.length === 3);
    const next = worker(unused, { credentials });
    expect(await next.rescueAll()).toBe(1);
    next.start();
    const task = await final(id);
    expect(task.result?.pictures).toHaveLength(3);
    expect(seen.indices.toSorted((a, b) => a - b)).toEqual([1, 2, 2, 3, 3]);
    expect(
      task.attempts.filter(({ outcome }) => outcome === 'unknown').map(({ indices }) => indices),
    ).toEqual([[2], [3]]);
  });

  test('are not all that there is when the server died between two calls', async () => {
    const { worker, add, final, store } = openStore();
    const [begins, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
    const openAttemptIfLeased: typeof store.openAttemptIfLeased = (lease, call) => {
      if (call.indices?.includes(1) === true) return store.openAttemptIfLeased(lease, call);
      begins.resolve();
      return ended.promise;
    };
    worker(() => result, { concurrency: 1, store: { ...store, openAttemptIfLeased } }).start();
    const id = await add({ count: 2 });
    await begins.promise;
    const next = worker(() => result, { maxTries: 1 });
    expect(await next.rescueAll()).toBe(1);
    ended.resolve(null);
    next.start();
    expect((await final(id)).result?.pictures).toHaveLength(2);
  });

  test('stay when the server stops, and each operation is followed to its end by the next', async () => {
    const { worker, add, final, until, find } = openStore();
    const seen = { starts: 0, polled: new Set<string>() };
    let isOver = false;
    const upstream = makeUpstream(
      (call) => {
        seen.starts += 1;
        return indexOf(call) === 1
          ? result
          : { operation: { id: `job-${indexOf(call)}` }, warnings: [], pollAfterMs: 1 };
      },
      {
        poll: async ({ id = '' }) => {
          if (!isOver) return { pollAfterMs: 1 };
          seen.polled.add(id);
          return result;
        },
      },
    );
    const credentials = [{ label: 'key_1', upstream }];
    const first = worker(unused, { credentials });
    first.start();
    const id = await add({ count: 3 });
    await until(
      id,
      (task) => isThere(task) && task.attempts.filter(({ operation }) => operation).length === 2,
    );
    await first.stop(0);
    expect(await find(id)).toMatchObject({
      state: 'pending',
      attempts: [{}, { outcome: null }, { outcome: null }],
    });
    isOver = true;
    worker(unused, { credentials }).start();
    const task = await final(id);
    expect(task.result?.pictures.map(({ fileName }) => fileName)).toEqual([
      'output.png',
      'output-2.png',
      'output-3.png',
    ]);
    expect(seen).toEqual({ starts: 3, polled: new Set(['job-2', 'job-3']) });
  });

  test('make a success at the deadline, which ends what is open', async () => {
    const { worker, add, final, until, time } = openStore();
    const dropped: string[] = [];
    const upstream = makeUpstream(
      (call) =>
        indexOf(call) === 1
          ? result
          : { operation: { id: `${indexOf(call)}` }, warnings: [], pollAfterMs: 1 },
      { poll: async () => ({ pollAfterMs: 1_000 }), cancel: async ({ id = '' }) => void dropped.push(id) },
    );
    worker(unused, { credentials: [{ label: 'key_1', upstream }] }).start();
    const id = await add({ count: 3, deadlineMs: 50_000 });
    await until(
      id,
      (task) => isThere(task) && task.attempts.filter(({ operation }) => operation).length === 2,
    );
    time.pass(50_000);
    const task = await final(id);
    expect(task).toMatchObject({ state: 'succeeded', result: { pictures: [{ fileName: 'output.png' }] } });
    expect(task.result?.warnings[0]).toMatch(
      /^2 of 3 pictures could not be made\. Pictures 2, 3: deadline_exceeded/,
    );
    expect(task.attempts.slice(1)).toMatchObject(
      [2, 3].map(() => ({ outcome: 'failed', maybeBilled: true, failure: { type: 'deadline_exceeded' } })),
    );
    expect(dropped.toSorted()).toEqual(['2', '3']);
  });

  test('make a success of a task that waits for another try at its deadline', async () => {
    const { worker, add, final, until, time } = openStore();
    worker((call) => (indexOf(call) === 1 ? result : failWith({ retryAfterMs: 30_000 }))).start();
    const id = await add({ count: 2, deadlineMs: 40_000 });
    const waiting = await until(id, ({ state, attempts }) => state === 'pending' && attempts.length === 2);
    expect(waiting.dueAt).toBeGreaterThan(time.now());
    time.pass(30_000);
    const task = await final(id);
    expect(task.result?.pictures).toHaveLength(1);
  });

  test('do not change a cancel, which ends what is open', async () => {
    const { worker, add, final, until } = openStore();
    const made = worker((call) => (indexOf(call) === 1 ? result : obedientHang(call)));
    made.start();
    const id = await add({ count: 3 });
    await until(id, (task) => isThere(task) && task.attempts.length === 3);
    expect(await createCancelTask(made.dependencies)(id, 'key')).toBe('requested');
    const task = await final(id);
    expect(task).toMatchObject({ state: 'error', failure: { type: 'cancelled', maybeBilled: true } });
    expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed', 'failed']);
  });
});
