import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { AddressInfo } from 'node:net';
import { openCaller } from '../../../core/keys/keys.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { LeasedTask } from '../../../core/tasks/task-queue.ts';
import type { RenderedView, TaskViews } from '../../../core/tasks/task-views.ts';
import { createWaitForNews } from '../../../core/tasks/wait-for-news.ts';
import { createWatch } from '../../../core/tasks/watch.ts';
import { newTask, start } from '../../../store/conformance/store.fixture.ts';
import { withSlowReads } from '../../../store/slow-reads.fixture.ts';
import { openInFolder } from '../../../store/sqlite/store.fixture.ts';
import type { Locks } from '../../access/access.ts';
import { createApp } from '../../app.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { createEventStreams } from '../../connections/event-streams.ts';
import { createOpenWaits } from '../../connections/open-waits.ts';
import { createServe } from '../../route/serve.ts';
import { createStatusReader } from '../../status/status-reader.ts';
import { eventsPath, tasksPath } from '../../paths.ts';
import { openEvents } from './following.fixture.ts';
import { followingFace } from './following.ts';
import { notBilled } from '../../../core/ledger/money.ts';

const viewKey = 'k';
const result = { pictures: [], description: '', warnings: [] };
const shown = ({ id, state, progress }: Pick<Task, 'id' | 'state' | 'progress'>) =>
  JSON.stringify({ task_id: id, state, progress });

/** Texts that tell how far a task is, and nothing else. */
const views: TaskViews = {
  key: viewKey,
  isReady: () => true,
  prepare: async () => {},
  render(task) {
    const text = shown(task);
    const view: RenderedView = { text };
    if (task.finishedAt === null)
      view.volatile = { stableText: text, isCurrent: () => true, pollAfterSeconds: null };
    return view;
  },
};

/** How far a task is by its text: it only ever goes on. */
function farOf(text: string): number {
  const { state, progress } = JSON.parse(text) as Pick<Task, 'state' | 'progress'>;
  return { pending: 0, running: 1 + progress, error: 9, succeeded: 9 }[state];
}

const changes = createLocalChanges();
const { store, cleanUp } = await openInFolder(changes);
const closers: (() => Promise<unknown>)[] = [
  async () => {
    await store.close();
    cleanUp();
  },
];
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

/** Followers of one key's tasks, over a store whose reads are slow. */
async function openFollowers(keyId: string, delays: () => number) {
  const slow = withSlowReads(store, delays);
  const reader = createStatusReader({ store: slow, views, changes, isShared: false });
  const watch = createWatch(changes);
  const waits = createOpenWaits({ maxPerKey: 100 });
  const emit = () => {};
  const clock = { now: () => start };
  const locks = { authorize: async () => ({ ...openCaller, keyId }) } as Partial<Locks> as Locks;
  const app = createApp({
    statusFastPath: () => false,
    callerAddress: () => '"127.0.0.1"',
    emit,
    faces: [
      followingFace({
        actingKey: (caller) => caller.keyId,
        serve: createServe({ locks, bodies: {} as BodyReader, clock, callerAddress: () => '""' }),
        reader,
        store: slow,
        views,
        watch,
        waitForNews: createWaitForNews(watch),
        waits,
        streams: createEventStreams({ waits, emit }),
      }),
    ],
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  closers.push(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const { port } = app.server.address() as AddressInfo;
  const open = (path: string) => openEvents(`http://127.0.0.1:${port}${path}`);
  return {
    reader,
    /** Texts of a stream of one task, until it ends. */
    async followOne(id: string): Promise<string[]> {
      const { next } = await open(eventsPath(id));
      const texts: string[] = [];
      for (let event = await next(); event !== null; event = await next())
        texts.push(JSON.stringify(event.task));
      return texts;
    },
    /** Ids and texts of the stream of all tasks; `read` goes on until so many tasks have ended. */
    async followAll() {
      const { next, close } = await open(`${tasksPath}/events`);
      return {
        async read(tasks: number) {
          const events: { id: number; taskId: string; far: number }[] = [];
          const ended = new Set<string>();
          while (ended.size < tasks) {
            const event = await next();
            if (event === null) throw new Error('The stream ended.');
            const far = farOf(JSON.stringify(event.task));
            events.push({ id: Number(event.id), taskId: event.task.task_id, far });
            if (far === 9) ended.add(event.task.task_id);
          }
          await close();
          return events;
        },
      };
    },
    async stop() {
      waits.drain();
      await app.close();
    },
  };
}

/** Writes to one running task: one after the other, each further than the one before. */
function createWrites({ task, lease }: LeasedTask) {
  let progress = 0;
  let isEnding = false;
  const state = { far: 1, last: Promise.resolve() };
  async function advance(): Promise<void> {
    const next = (progress += 0.01);
    await store.renewLeases([{ lease, progress: next }], { now: start, leaseMs: 60_000 });
    state.far = 1 + next;
  }
  async function end(): Promise<void> {
    const text = shown({ id: task.id, state: 'succeeded', progress: 1 });
    const outcome = { state: 'succeeded', result } as const;
    await store.finishIfLeased(lease, {
      at: start,
      outcome,
      charge: notBilled,
      view: { key: viewKey, text },
    });
    state.far = 9;
  }
  return {
    id: task.id,
    /** How far it is for certain: a write that resolved is on disk. */
    get far() {
      return state.far;
    },
    write(isLast: boolean): Promise<void> {
      if (isEnding) return state.last;
      isEnding = isLast;
      const work = isLast ? end : advance;
      return (state.last = state.last.then(work));
    },
  };
}

const taskCount = 3;
const step = fc.record({
  kind: fc.constantFrom('write', 'write', 'read', 'read', 'read', 'end', 'follow'),
  task: fc.nat(taskCount - 1),
  turns: fc.nat(3),
});
let runs = 0;

test('however late reads answer, nothing stale is cached, and no event is sent twice, lost or out of its order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60 }),
      fc.array(fc.nat(6), { minLength: 5, maxLength: 20 }),
      async (steps, turns) => {
        const keyId = `key_${(runs += 1)}`;
        let reads = 0;
        const followers = await openFollowers(keyId, () => turns[(reads += 1) % turns.length] ?? 0);
        const model = `model-${runs}`;
        const tasks = Array.from({ length: taskCount }, () => newTask({ keyId, model }));
        await store.insert(tasks);
        const needs = [{ model, inputs: 0, limit: taskCount }];
        const all = await followers.followAll();
        const taken = await store.takeDue({ needs, now: start, leaseMs: 60_000 });
        const writes = taken.map(createWrites);
        const work: Promise<void>[] = [];
        const streams: Promise<string[]>[] = [];

        async function read(of: (typeof writes)[number]): Promise<void> {
          const known = of.far;
          const text = (await followers.reader.read(of.id, keyId))?.text ?? '';
          expect(farOf(text)).toBeGreaterThanOrEqual(known);
        }
        for (const { kind, task, turns: between } of steps) {
          const of = writes[task];
          if (of === undefined) throw new Error('A task was not taken.');
          if (kind === 'read') work.push(read(of));
          else if (kind === 'follow') streams.push(followers.followOne(of.id));
          else work.push(of.write(kind === 'end'));
          for (let turn = 0; turn < between; turn += 1) await nextTurn();
        }
        await Promise.all(work);

        for (const { id, far } of writes)
          for (let time = 0; time < 3; time += 1) {
            expect(farOf((await followers.reader.read(id, keyId))?.text ?? '')).toBeCloseTo(far);
            expect(farOf(followers.reader.peek(id, keyId)?.text ?? shown(await found(id)))).toBeCloseTo(far);
          }
        await Promise.all(writes.map((each) => each.write(true)));

        for (const texts of await Promise.all(streams)) {
          const far = texts.map(farOf);
          expect(far).toEqual(far.toSorted((a, b) => a - b));
          expect(new Set(texts).size).toBe(texts.length);
          expect(far.at(-1)).toBe(9);
        }
        const events = await all.read(taskCount);
        const ids = events.map(({ id }) => id);
        expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        expect(new Set(ids).size).toBe(ids.length);
        for (const { id } of writes) {
          const last = events.findLast(({ taskId }) => taskId === id);
          expect(last).toMatchObject({ id: (await found(id)).changed, far: 9 });
        }
        await followers.stop();
      },
    ),
    // No smaller case is looked for: the threads' timing would not be the same.
    { numRuns: 30, endOnFailure: true },
  );
});

async function found(id: string): Promise<Task> {
  const task = await store.find(id);
  if (task === null) throw new Error('There is no such task.');
  return task;
}
