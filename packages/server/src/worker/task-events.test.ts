import { describe, expect, test } from 'vitest';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { failWith, makeUpstream, result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

type Opened = Pick<ReturnType<typeof openStore>, 'events'>;

/** Fields of all events of this name so far, in their order. */
const fieldsOf = ({ events }: Opened, name: string) =>
  events.filter(({ event }) => event === name).map(({ fields }) => fields);

const runsOf = (opened: Opened) =>
  fieldsOf(opened, 'task_run').map((fields) => (fields as { end: string }).end);

const ended = {
  owner: 'key',
  model: 'nano-banana',
  upstream: 'test',
  upstreamModel: 'test-1',
  key: 'key_1',
  durationMs: expect.any(Number),
};

describe('a listener of the events hears', () => {
  test('that a task is taken, of where it goes and how long it waited, and how its attempt ends', async () => {
    const opened = openStore();
    const { worker, add, final, time, log } = opened;
    const id = await add();
    time.pass(1_000);
    worker(
      () => {
        time.pass(200);
        return result;
      },
      { costOf: () => 39_000 },
    ).start();
    await final(id);
    await expect.poll(() => runsOf(opened)).toEqual(['succeeded']);
    const [taken] = fieldsOf(opened, 'task_taken') as { waitedMs: number; ageMs: number }[];
    expect(taken).toEqual({
      task: id,
      owner: 'key',
      model: 'nano-banana',
      attempt: 1,
      isResumed: false,
      upstream: 'test',
      upstreamModel: 'test-1',
      key: 'key_1',
      waitedMs: expect.any(Number),
      ageMs: taken?.waitedMs,
    });
    expect(taken?.waitedMs).toBeGreaterThanOrEqual(1_000);
    const ends = fieldsOf(opened, 'attempt_ended') as { durationMs: number }[];
    const billed = { maybeBilled: false, costMicroUsd: 39_000 };
    expect(ends).toEqual([{ ...ended, task: id, attempt: 1, outcome: 'succeeded', type: null, ...billed }]);
    expect(ends[0]?.durationMs).toBeGreaterThanOrEqual(200);
    expect(log.map(({ event }) => event)).toEqual(['task_run']);
  });

  test('of each attempt that fails, with its type and whether it may have been billed, wherever the task goes on', async () => {
    const opened = openStore();
    const { worker, add, final } = opened;
    let calls = 0;
    const refusing = makeUpstream(() => failWith({ type: 'upstream_quota', retryable: false }));
    const unsure = makeUpstream(() => {
      calls += 1;
      return calls === 1 ? failWith({ maybeBilled: true, unknownOutcome: true }) : result;
    });
    worker(() => result, {
      credentials: [
        { upstreamName: 'first', label: 'a', upstream: refusing },
        { upstreamName: 'second', label: 'b', upstream: unsure },
      ],
    }).start();
    const id = await add();
    const { attempts } = await final(id);
    await expect.poll(() => runsOf(opened)).toEqual(['put_back', 'succeeded']);
    const first = { ...ended, task: id, upstream: 'first', upstreamModel: 'first-1', key: 'a' };
    const second = { ...ended, task: id, upstream: 'second', upstreamModel: 'second-1', key: 'b' };
    const [billed, free] = [{ maybeBilled: true }, { maybeBilled: false }];
    expect(fieldsOf(opened, 'attempt_ended')).toMatchObject([
      { ...first, attempt: 1, outcome: 'failed', type: 'upstream_quota', ...free, costMicroUsd: 0 },
      {
        ...second,
        attempt: 2,
        outcome: 'unknown',
        type: 'upstream_unavailable',
        ...billed,
        costMicroUsd: null,
      },
      { ...second, attempt: 3, outcome: 'succeeded', type: null, ...free },
    ]);
    expect(attempts).toHaveLength(3);
    expect(fieldsOf(opened, 'task_taken')).toMatchObject([
      { attempt: 1, upstream: 'first', key: 'a' },
      { attempt: 3, upstream: 'second', key: 'b' },
    ]);
  });

  test('that an operation is resumed, and once that its attempt ends, also where no run ends it', async () => {
    const opened = openStore();
    const { worker, add, until, final } = opened;
    const upstream = makeUpstream(() => ({ operation: { id: 'op' }, warnings: [], pollAfterMs: 1 }), {
      poll: async () => ({ pollAfterMs: 5 }),
    });
    const start = () => {
      const made = worker(() => result, { credentials: [{ label: 'key_1', upstream }] });
      made.start();
      return made;
    };
    const id = await add();
    const first = start();
    await until(id, ({ attempts }) => attempts[0]?.operation != null);
    await first.stop(0);
    expect(fieldsOf(opened, 'attempt_ended')).toEqual([]);
    const second = start();
    await until(id, ({ state }) => state === 'running');
    await second.stop(0);
    const target = { attempt: 1, upstream: 'test', upstreamModel: 'test-1', key: 'key_1' };
    expect(fieldsOf(opened, 'task_taken')).toMatchObject([
      { isResumed: false, ...target },
      { isResumed: true, ...target },
    ]);
    expect(await createCancelTask(second.dependencies)(id, 'key')).toBe('cancelled');
    await final(id);
    expect(fieldsOf(opened, 'attempt_ended')).toMatchObject([
      { ...ended, task: id, attempt: 1, outcome: 'failed', type: 'cancelled', maybeBilled: true },
    ]);
  });

  test('of a call that a dead process left open, when the task is rescued', async () => {
    const opened = openStore();
    const { worker, add, store, time } = opened;
    const id = await add();
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
    const [leased] = await store.takeDue({ needs, now: time.now(), leaseMs: 60_000 });
    const call = { at: time.now(), upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' };
    await store.openAttemptIfLeased(leased?.lease ?? { taskId: '', token: '' }, call);
    await worker(() => result).rescueAll();
    expect(fieldsOf(opened, 'attempt_ended')).toEqual([
      {
        ...ended,
        task: id,
        attempt: 1,
        outcome: 'unknown',
        type: 'internal',
        maybeBilled: true,
        costMicroUsd: null,
      },
    ]);
  });

  test('that a task is taken which nothing serves, of no upstream', async () => {
    const opened = openStore();
    const { worker, add, final } = opened;
    worker(() => result, { routes: {} }).start();
    await final(await add());
    await expect.poll(() => runsOf(opened)).toEqual(['error']);
    expect(fieldsOf(opened, 'task_taken')).toMatchObject([
      { attempt: 1, upstream: null, upstreamModel: null, key: null },
    ]);
    expect(fieldsOf(opened, 'attempt_ended')).toEqual([]);
  });

  test('of the end of each task once, whoever ends it: with how long it waited and ran, or that it never did', async () => {
    const opened = openStore();
    const { worker, add, final, time } = opened;
    const made = worker(() => {
      time.pass(200);
      return result;
    });
    const [cancelled, done] = [await add(), await add()];
    expect(await createCancelTask(made.dependencies)(cancelled, 'key')).toBe('cancelled');
    expect(await createCancelTask(made.dependencies)(cancelled, 'key')).toBe('final');
    time.pass(1_000);
    made.start();
    await final(done);
    await expect.poll(() => runsOf(opened)).toEqual(['succeeded']);
    const common = {
      owner: 'key',
      ownerId: 'key',
      model: 'nano-banana',
      chargedMicroUsd: expect.any(Number),
    };
    const ends = fieldsOf(opened, 'task_ended') as { waitedMs: number; ranMs: number; bytes: number }[];
    expect(ends).toEqual([
      {
        ...common,
        task: cancelled,
        state: 'error',
        type: 'cancelled',
        waitedMs: null,
        ranMs: null,
        pictures: 0,
        bytes: 0,
      },
      {
        ...common,
        task: done,
        state: 'succeeded',
        type: null,
        waitedMs: expect.any(Number),
        ranMs: expect.any(Number),
        pictures: 1,
        bytes: expect.any(Number),
      },
    ]);
    expect(ends[1]?.waitedMs).toBeGreaterThanOrEqual(1_000);
    expect(ends[1]?.ranMs).toBeGreaterThanOrEqual(200);
    expect(ends[1]?.bytes).toBeGreaterThan(0);
  });
});
