// For tests: a worker on a real database with an upstream of the test's own making.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createTestTime } from '../lib/timers.fixture.ts';
import { createOneAgain } from '../lib/turns/one-again.ts';
import { afterEach } from 'vitest';
import { createLocalChanges } from '../core/tasks/changes.ts';
import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { Task } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import { newTaskId } from '../lib/ids.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import { createInputFitter } from '../pictures/fit-inputs.ts';
import { createInspector } from '../pictures/inspect.ts';
import { createRouter } from '../routing/router.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { createStoreUnreadAnswer } from './store-unread-answer.ts';
import type { RunDependencies } from './run.ts';
import { createWorker, type TaskWorker, type WorkerSettings } from './worker.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

export const png = await sharp({ create: { width: 4, height: 3, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
export const result: UpstreamResult = { pictures: [png], description: 'done', warnings: [] };

/** One call that the upstream was asked for. */
export interface UpstreamCall {
  request: UpstreamRequest;
  context: UpstreamContext;
}

/** A credential of the upstream `test`, or of another when it says so. */
export interface TestCredential {
  upstreamName?: string;
  label: string;
  upstream: Upstream;
}

export interface WorkerOptions {
  maxTries?: number;
  maxUnknownRetries?: number;
  maxAnsweredRetries?: number;
  operationPatienceMs?: number;
  store?: TaskStore;
  /** False: no upstream serves the model. */
  served?: boolean;
  /** Instead of the one credential whose upstream is `answer`, in the order of their routes. */
  credentials?: TestCredential[];
  costOf?: RunDependencies['costOf'];
}

type Answer = (
  call: UpstreamCall,
) => Promise<UpstreamResult | StartedOperation> | UpstreamResult | StartedOperation;

/** An upstream that can do everything and whose calls are answered by the test. */
export function makeUpstream(answer: Answer, more: Partial<Upstream> = {}): Upstream {
  return {
    name: 'test',
    capabilities: () => ({ ratios: 'any', sizes: ['512', '1K', '2K', '4K'], maxInputs: 14, seed: true }),
    start: async (request, context) => answer({ request, context }),
    check: async () => 'works',
    ...more,
  };
}

function groupByUpstream(credentials: readonly TestCredential[]): Map<string, TestCredential[]> {
  return Map.groupBy(credentials, ({ upstreamName = 'test' }) => upstreamName);
}

export function openStore() {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-worker-'));
  const changes = createLocalChanges();
  const time = createTestTime();
  const log: { event: string; fields: unknown }[] = [];
  const disk = { full: false };
  const store = openSqliteStore({
    directory,
    changes,
    onDeath(error) {
      throw error;
    },
  });
  closers.push(async () => {
    await store.close();
    time.end();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Builds a worker whose upstream is `answer`; it is stopped when the test ends. */
  function worker(
    answer: Answer,
    settings: Partial<WorkerSettings> & WorkerOptions = {},
  ): TaskWorker & { dependencies: Parameters<typeof createWorker>[0] } {
    const { maxTries = 3, served = true, concurrency = 4, leaseMs = 300 } = settings;
    const { credentials = [{ label: 'key_1', upstream: makeUpstream(answer) }] } = settings;
    const { maxUnknownRetries = 1, maxAnsweredRetries = 0 } = settings;
    const upstreams = [...groupByUpstream(credentials)].map(([name, members]) => ({
      name,
      kind: 'test',
      limits: {},
      keyLimits: {},
      quotaReset: { hour: 0, minute: 0, timeZone: 'UTC' },
      credentials: members,
    }));
    const router = createRouter({
      upstreams,
      routes: new Map(
        served
          ? [
              [
                'nano-banana',
                upstreams.map(({ name }) => ({ upstreamName: name, upstreamModel: `${name}-1` })),
              ],
            ]
          : [],
      ),
      clock: time,
      random: () => 0.5,
    });
    const pictureStore = createDiskPictureStore({ directory: join(directory, 'pictures') });
    const write = (fields: unknown, event: string) => void log.push({ event, fields });
    const dependencies = {
      store: settings.store ?? store,
      views: {
        key: 'k',
        isReady: () => true,
        prepare: async () => {},
        render: (task: Task) => ({ text: JSON.stringify(task.state) }),
      },
      clock: time,
      startTimer: time.startTimer,
      changes,
      log: { debug: write, info: write, warn: write, error: write },
      policy: { maxTries, baseDelayMs: 2, maxDelayMs: 10, maxUnknownRetries, maxAnsweredRetries },
      operationPatienceMs: settings.operationPatienceMs ?? 60_000,
      router,
      costOf: settings.costOf ?? (() => null),
      random: () => 0.5,
      loadInputs: async () => ({ pictures: [], warnings: [] }),
      fitInputs: createInputFitter({ gate: createDecodeGate() }),
      mayTake: () => !disk.full,
      pictures: {
        store: {
          ...pictureStore,
          async put(key: string, bytes: Uint8Array) {
            if (disk.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            await pictureStore.put(key, bytes);
          },
        },
        inspect: createInspector({ maxBytes: 1e6, maxPixels: 1e6 }),
      },
      storeUnreadAnswer: createStoreUnreadAnswer({
        store,
        keys: ['key-of-the-upstream'],
        maxTextBytes: 10_000,
        clock: time,
        log: { debug: write, info: write, warn: write, error: write },
      }),
      onInternalError: (task: Task, error: unknown) =>
        write({ task: task.id, error: String(error) }, 'task_fault'),
    };
    const made = createWorker(dependencies, { concurrency, leaseMs });
    closers.push(() => made.stop(0));
    return { ...made, dependencies };
  }

  /** Inserts a task and gives its id. */
  async function add({ prompt = 'a banana', deadlineMs = 60_000 } = {}): Promise<string> {
    const id = newTaskId();
    const createdAt = time.now();
    await store.insert([
      {
        id,
        keyId: 'key',
        action: 'generate',
        model: 'nano-banana',
        request: { prompt, inputs: [], aspectRatio: 'auto', imageSize: '1K' },
        createdAt,
        deadlineAt: createdAt + deadlineMs,
      },
    ]);
    return id;
  }

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

  return { store, changes, clock: time, time, log, disk, worker, add, find, until, final };
}

export const failWith = (failure: Partial<TaskFailure>) => {
  throw new TaskError({
    type: 'upstream_unavailable',
    message: 'Out of order.',
    retryable: true,
    ...failure,
  });
};

/** Obeys its signal and does nothing else. */
export const obedientHang = ({ context: { signal } }: UpstreamCall) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
export const deafHang = () => new Promise<never>(() => {});
