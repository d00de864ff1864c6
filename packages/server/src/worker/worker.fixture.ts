// For tests: workers on a real database.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterThisTest } from '../lib/ends.fixture.ts';
import { createTestTime, type TestTime } from '../lib/timers.fixture.ts';
import { createOneAgain } from '../lib/turns/one-again.ts';
import { type Changes, createLocalChanges } from '../core/tasks/changes.ts';
import { createEmit } from '../core/events.ts';
import type { Task } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { TaskViews } from '../core/tasks/task-views.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import { createEventLog } from '../event-log.ts';
import { newTaskId } from '../lib/ids.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import { createInputFitter } from '../pictures/fit-inputs.ts';
import { createResultInspector } from '../pictures/inspect.ts';
import type { Store } from '../store/store.ts';
import { openTestStore } from '../store/test-store.fixture.ts';
import { createStoreUnreadAnswer } from './store-unread-answer.ts';
import {
  type Answer,
  createTestRouter,
  makeUpstream,
  type TestCredential,
  type TestRouting,
} from './test-upstream.fixture.ts';
import { createWorker, type WorkerDependencies, type WorkerSettings } from './worker.ts';
import { absorbing } from '../core/ledger/charge-policy.ts';

export interface WorkerOptions
  extends
    Pick<
      Partial<WorkerDependencies>,
      'store' | 'costOf' | 'loadInputs' | 'partialImages' | 'inspectPartialImage'
    >,
    Omit<TestRouting, 'isShared'> {
  maxTries?: number;
  baseDelayMs?: number;
  maxUnknownRetries?: number;
  maxAnsweredRetries?: number;
  notAsAsked?: 'warn' | 'next_upstream';
  operationPatienceMs?: number;
  /** Instead of the one credential whose upstream is `answer`. */
  credentials?: TestCredential[];
  /** Time of this worker alone, as that of a process which is halted. */
  time?: TestTime;
}

const testViews: TaskViews = {
  key: 'k',
  isReady: () => true,
  prepare: async () => {},
  render: ({ state }) => ({ text: JSON.stringify(state) }),
};

/** Pictures on a disk that is full when the test says so. */
function createTestPictures(directory: string, disk: { full: boolean }) {
  const store = createDiskPictureStore({ directory });
  const put: PictureStore['put'] = async (key, bytes) => {
    if (disk.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    await store.put(key, bytes);
  };
  return { store: { ...store, put }, inspect: createResultInspector({ maxBytes: 1e6, maxPixels: 1e6 }) };
}

/** Parts of a worker that its settings alone make. */
function partsOf(settings: WorkerOptions) {
  const { maxTries = 3, baseDelayMs = 2, maxUnknownRetries = 1, maxAnsweredRetries = 0 } = settings;
  return {
    views: testViews,
    charging: absorbing,
    policy: { maxTries, baseDelayMs, maxDelayMs: 10, maxUnknownRetries, maxAnsweredRetries },
    notAsAsked: settings.notAsAsked ?? 'warn',
    operationPatienceMs: settings.operationPatienceMs ?? 60_000,
    costOf: settings.costOf ?? (() => null),
    random: () => 0.5,
    loadInputs: settings.loadInputs ?? (async () => ({ pictures: [], warnings: [] })),
    fitInputs: createInputFitter({ gate: createDecodeGate() }),
    partialImages: settings.partialImages,
    inspectPartialImage: settings.inspectPartialImage,
  };
}

/** A process's own part of a store that it shares with others. */
export interface SharedRecords {
  store: Store;
  changes: Changes;
}

/** A store, or a process's part of one, and the workers on it, which share a log, a disk and a time that the test may let pass. */
export function openStore(records?: SharedRecords) {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-worker-'));
  const changes = records?.changes ?? createLocalChanges();
  const time = createTestTime();
  const { log, events, emit } = createTestLog();
  const disk = { full: false };
  /** How many tasks each look at the queue took, in order. */
  const looks: number[] = [];
  const { onSwept, sweeps } = createSweeps(time);
  const store = records?.store ?? openTestStore({ directory, changes });
  afterThisTest(async () => {
    await store.close();
    time.end();
    rmSync(directory, { recursive: true, force: true });
  });
  const keys = ['key-of-the-upstream'];
  const shared = {
    clock: time,
    startTimer: time.startTimer,
    changes,
    emit,
    pictures: createTestPictures(join(directory, 'pictures'), disk),
    storeUnreadAnswer: createStoreUnreadAnswer({ store, keys, maxTextBytes: 10_000, clock: time, emit }),
    mayTake: () => !disk.full,
    onInternalError: ({ id }: Task, error: unknown) => emit('task_fault', { task: id, error: String(error) }),
    onLooked: (taken: number) => void looks.push(taken),
    onSwept,
  };

  /** Builds a worker whose upstream is `answer`; it is stopped when the test ends. */
  function worker(answer: Answer, settings: Partial<WorkerSettings> & WorkerOptions = {}) {
    const { concurrency = 4, leaseMs = 60_000, isShared = records !== undefined } = settings;
    const { credentials = [{ label: 'key_1', upstream: makeUpstream(answer) }] } = settings;
    const { time: own = time } = settings;
    const router = createTestRouter(credentials, { ...settings, isShared: records !== undefined }, own);
    const dependencies: WorkerDependencies = {
      ...shared,
      ...partsOf(settings),
      clock: own,
      startTimer: own.startTimer,
      store: settings.store ?? store,
      router,
    };
    const made = createWorker(dependencies, { concurrency, leaseMs, isShared });
    afterThisTest(() => made.stop(0));
    return { ...made, dependencies, router };
  }

  const add = (task: NewTestTask = {}) => addTask(store, time.now(), task);
  return {
    store,
    changes,
    time,
    log,
    events,
    disk,
    looks,
    worker,
    add,
    sweeps,
    ...createWaits(store, changes),
  };
}

/** The lines that the log would write, and all events. */
function createTestLog() {
  const log: { event: string; fields: unknown }[] = [];
  const write = (fields: unknown, event: string) => void log.push({ event, fields });
  const events: { event: string; fields: object }[] = [];
  const emit = createEmit([
    createEventLog({ debug: write, info: write, warn: write, error: write, fatal: write }),
    (event, fields) => void events.push({ event, fields }),
  ]);
  return { log, events, emit };
}

function createSweeps(time: TestTime) {
  let swept = Promise.withResolvers<void>();
  return {
    onSwept() {
      swept.resolve();
      swept = Promise.withResolvers();
    },
    /** Resolves when the worker has swept from beginning to end, so many times. */
    async sweeps(count: number): Promise<void> {
      // The first may have begun before.
      for (let done = -1; done < count; done += 1) {
        const { promise } = swept;
        await new Promise((resolve) => setImmediate(resolve));
        time.pass(1_000);
        await promise;
      }
    },
  };
}

export interface NewTestTask {
  /** How many pictures it is for. */
  count?: number;
  keyId?: string;
  model?: string;
  prompt?: string;
  /** How many input pictures it has. */
  inputs?: number;
  deadlineMs?: number;
  partialImages?: number;
}

/** Inserts a task and gives its id. */
async function addTask(
  store: TaskStore,
  createdAt: number,
  {
    model = 'nano-banana',
    prompt = 'a banana',
    inputs = 0,
    count,
    keyId = 'key',
    deadlineMs = 60_000,
    partialImages,
  }: NewTestTask,
): Promise<string> {
  const id = newTaskId();
  const pictures = Array.from({ length: inputs }, () => ({ kind: 'stored' as const, key: 'x' }));
  const shape = { aspectRatio: 'auto', imageSize: '1K' } as const;
  const optional = {
    ...(count === undefined ? {} : { count }),
    ...(partialImages === undefined ? {} : { partialImages }),
  };
  const request = { prompt, inputs: pictures, ...shape, ...optional };
  const action = inputs > 0 ? 'edit' : 'generate';
  const times = { createdAt, deadlineAt: createdAt + deadlineMs };
  await store.insert([{ id, keyId, action, model, request, ...times }]);
  return id;
}

function createWaits(store: TaskStore, changes: Changes) {
  const find = async (id: string) => (await store.find(id)) as Task;
  /** Resolves with the task as soon as it is as wanted. */
  function until(id: string, wanted: (task: Task) => boolean): Promise<Task> {
    return new Promise((resolve, reject) => {
      const look = createOneAgain(async () => {
        const task = await find(id);
        if (!wanted(task)) return;
        stopListening();
        resolve(task);
      });
      const stopListening = changes.listen(({ taskId }) => void (taskId === id && look().catch(reject)));
      look().catch(reject);
    });
  }
  const final = (id: string) => until(id, ({ finishedAt }) => finishedAt !== null);
  const leftPending = (id: string) => until(id, ({ state }) => state !== 'pending');
  return { find, until, final, leftPending };
}
