import * as fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../core/tasks/changes.ts';
import { nothingKnown } from '../core/tasks/estimates.ts';
import type { Lease } from '../core/tasks/task-queue.ts';
import { createTestTime, type TestTime } from '../lib/timers.fixture.ts';
import { newTask, start, succeeded, viewKey } from '../store/conformance/store.fixture.ts';
import { tellSilently } from '../store/postgres/changes-order.ts';
import { type Database, openDatabase } from '../store/postgres/database/database.ts';
import { databaseOfTest, postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { createPostgresStore } from '../store/postgres/postgres-store.ts';
import type { Store } from '../store/store.ts';
import { createTaskViews } from '../http/views/task-view.ts';
import { createStatusReader, type StatusReader } from '../http/status/status-reader.ts';

const hints = { isFresh: () => true, refresh: async () => {}, of: () => nothingKnown };
const links = { key: '', lifetimeSeconds: 60, to: () => '' };

/** A process that reads: what it reads and hears comes as late as `nextMs` says. */
async function openReader(url: string, time: TestTime, nextMs: () => number) {
  const changes = createLocalChanges();
  const late: typeof changes = {
    ...changes,
    notify: (some) => void setTimeout(() => changes.notify(some), nextMs()),
  };
  const { store, feed } = createPostgresStore({ url, changes: late, startTimer: time.startTimer });
  onTestFinished(() => store.close());
  await feed.follow();
  const findStatus: Store['findStatus'] = async (...asked) => {
    await delay(nextMs());
    const found = await store.findStatus(...asked);
    await delay(nextMs());
    return found;
  };
  const rendered = createTaskViews(links, { waitingOf: () => null, hints, clock: time });
  const views = { ...rendered, key: viewKey };
  const reader = createStatusReader({ store: { findStatus }, views, changes, isShared: true });
  return { reader, feed };
}

/** How far a task is: unknown, waiting, running with its progress, ended, or gone. */
const ended = 10;
function rankOf(shown: Awaited<ReturnType<StatusReader['read']>>, wasKnown: boolean): number {
  if (shown === null) return wasKnown ? ended : 0;
  if (shown.isFinal) return ended;
  const { state, progress } = JSON.parse(shown.text) as { state: string; progress: number };
  return state === 'pending' ? 1 : 2 + progress;
}

/** Asks for a task again and again, each time at any of the readers; the ranks that it saw never fall. */
async function poll(readers: readonly StatusReader[], id: string, pick: () => number, isOver: () => boolean) {
  let highest = 0;
  while (!isOver()) {
    const reader = readers[pick() % readers.length];
    const shown = await reader?.read(id, 'key_a');
    const rank = rankOf(shown ?? null, highest > 0);
    if (rank < highest) throw new Error(`${id} went from ${highest} back to ${rank}.`);
    highest = rank;
    await delay(0);
  }
}

type Write = 'take' | 'advance' | 'end' | 'change' | 'delete';
const allWrites = ['take', 'advance', 'end', 'change', 'delete'] as const;

/** A process that writes; each write is of the task that comes first of those which it can be done to. */
function createWrites(store: Store, { query }: Pick<Database, 'query'>) {
  const running: { lease: Lease; progress: number }[] = [];
  const final: string[] = [];
  let versions = 0;
  return {
    async take() {
      const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
      const taken = await store.takeDue({ needs, now: start, leaseMs: 60_000 });
      for (const { lease } of taken) running.push({ lease, progress: 0 });
    },
    async advance() {
      for (const each of running) each.progress += 0.01;
      await store.renewLeases(running, { now: start, leaseMs: 60_000 });
    },
    async end() {
      const each = running.shift();
      if (each === undefined) return;
      await store.finishIfLeased(each.lease, succeeded(start));
      final.push(each.lease.taskId);
    },
    /** Changes a view, as what is settled late does. */
    async change() {
      await query(
        `WITH changed AS (UPDATE tasks SET view = $2 WHERE id = $1 AND state = 'succeeded' RETURNING id, key_id, state), told AS (${tellSilently('changed')})
         SELECT FROM changed`,
        [final[0], `{"version":${(versions += 1)}}`],
      );
    },
    async delete() {
      const id = final.shift();
      if (id !== undefined) await store.deleteIfFinal(id, 'key_a', start);
    },
  } satisfies Record<Write, () => Promise<void>>;
}

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a client that goes between two processes sees no task go back, and nothing old a second after',
  async () => {
    const url = await databaseOfTest();
    const time = createTestTime();
    onTestFinished(() => time.end());
    let delays = [0];
    let asked = 0;
    const next = () => delays[(asked += 1) % delays.length] ?? 0;
    const nodes = [await openReader(url, time, next), await openReader(url, time, next)];
    const readers = nodes.map(({ reader }) => reader);
    const database = openDatabase({ url });
    onTestFinished(() => database.close());
    const { store } = createPostgresStore({ url, changes: createLocalChanges() });
    onTestFinished(() => store.close());

    const steps = fc.array(fc.constantFrom(...allWrites), { minLength: 10, maxLength: 40 });
    const pauses = fc.array(fc.nat(6), { minLength: 5, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, pauses, async (writes, times) => {
        delays = times;
        const tasks = [newTask(), newTask(), newTask()];
        await store.insert(tasks);
        const ids = tasks.map(({ id }) => id);
        let isOver = false;
        const polls = ids.flatMap((id) => [0, 1].map(() => poll(readers, id, next, () => isOver)));
        const write = createWrites(store, database);
        // Last they all end, so that the next run finds none of them.
        for (const each of [...writes, ...ids.flatMap(() => ['take', 'end'] as const)]) await write[each]();
        isOver = true;
        await Promise.all(polls);
        time.pass(1_000);
        await Promise.all(nodes.map(({ feed }) => feed.follow()));
        await delay(Math.max(...times) + 1);
        for (const id of ids) {
          const stored = await store.findStatus(id, viewKey, 'key_a');
          const text = stored !== null && 'view' in stored ? stored.view : undefined;
          for (const reader of readers) expect((await reader.read(id, 'key_a'))?.text).toBe(text);
        }
      }),
      { numRuns: 6 },
    );
  },
);
