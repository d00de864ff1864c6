import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalChanges } from '../core/tasks/changes.ts';
import { createDeleteTask } from '../core/commands/delete-task.ts';
import { createRetryTask } from '../core/commands/retry-task.ts';
import type { Emit } from '../core/events.ts';
import type { FileStore } from '../core/pictures/file-store.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { TaskViews } from '../core/tasks/task-views.ts';
import { absorbing } from '../core/ledger/charge-policy.ts';
import { createEndHold } from '../core/ledger/end-hold.ts';
import type { Task, TaskRequest } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { deletedEvent } from '../core/webhooks/webhook.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';
import { newTaskId } from '../lib/ids.ts';
import { startSystemTimer, type StartTimer } from '../lib/timers.ts';
import { createTestTime, type TestTime } from '../lib/timers.fixture.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import type { Store } from '../store/store.ts';
import { openTestStore } from '../store/test-store.fixture.ts';
import { createDeletePictures } from './delete-pictures.ts';
import { createRetention, type RetentionSettings } from './retention.ts';
import { type AgreedPrice, noPrice, notBilled } from '../core/ledger/money.ts';

const hour = 3_600_000;
/** How long pictures that a sweep claimed are nobody else's. */
const claimMs = 5 * 60_000;
const settings = {
  picturesMs: 5 * hour,
  tasksMs: 10 * hour,
  deliveriesMs: hour,
  auditMs: 20 * hour,
  maxTaskMs: hour,
  inputLifetime: 'needed',
} as const;
const silent: Emit = () => {};

let directory: string;
let store: Store;
let pictures: PictureStore;
let time: TestTime;
const clock = { time: 0, now: () => clock.time };

beforeEach(() => {
  clock.time = Date.now();
  time = createTestTime();
  directory = mkdtempSync(join(tmpdir(), 'plantain-retention-'));
  store = openTestStore({ directory, changes: createLocalChanges() });
  pictures = createDiskPictureStore({ directory: join(directory, 'pictures') });
});
afterEach(async () => {
  time.end();
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

const views: TaskViews = {
  key: 'k',
  isReady: () => true,
  prepare: async () => {},
  render: ({ id, money }) => ({ text: JSON.stringify({ id, money }) }),
};
const endHold = (task: Task) =>
  createEndHold({ store, views, clock, emit: silent, charging: { ...absorbing, unknownOutcomes: 'charge' } })(
    task,
  );
const renditionsOf = (key: string) => `renditions/aa/${key.replaceAll('/', '_')}/`;
const open = (
  store_: Partial<TaskStore & FileStore & WebhookStore> = {},
  pictures_: Partial<PictureStore> = {},
  {
    batch = 200,
    emit = silent,
    startTimer = startSystemTimer,
    ...more
  }: { batch?: number; emit?: Emit; startTimer?: StartTimer } & Partial<RetentionSettings> = {},
) => createOpened({ ...settings, ...more, batch }, { store_, pictures_, emit, startTimer });
const createOpened = (
  given: RetentionSettings,
  {
    store_ = {},
    pictures_ = {},
    emit = silent,
    startTimer = startSystemTimer,
  }: {
    store_?: Partial<TaskStore & FileStore & WebhookStore>;
    pictures_?: Partial<PictureStore>;
    emit?: Emit;
    startTimer?: StartTimer;
  } = {},
) =>
  createRetention(
    {
      store: { ...store, ...store_ },
      pictures: { ...pictures, ...pictures_ },
      endHold,
      deletePictures: createDeletePictures({ pictures: { ...pictures, ...pictures_ }, renditionsOf }),
      clock,
      startTimer,
      emit,
    },
    given,
  );
const bytes = Buffer.from('bytes');
const there = async (key: string) => (await pictures.size(key)) !== null;

/** A succeeded task with one picture and one rendition of it. */
async function finishedTask(request: Partial<TaskRequest> = {}): Promise<{ id: string; key: string }> {
  const id = await addTask(request);
  const needs = [{ model: 'm', inputs: request.inputs?.length ?? 0, limit: 1 }];
  const [taken] = await store.takeDue({ needs, now: clock.time, leaseMs: hour });
  const key = `results/${id.slice(-2)}/${id}-1-abcdef12-1.png`;
  await pictures.put(key, bytes);
  await pictures.put(`${renditionsOf(key)}8x8.png`, bytes);
  const picture = {
    key,
    fileName: 'output.png',
    width: 1,
    height: 1,
    content_type: 'image/png',
    bytes: 5,
    sha256: 'x',
  };
  await store.finishIfLeased(taken?.lease ?? { taskId: '', token: '' }, {
    at: clock.time,
    outcome: { state: 'succeeded', result: { pictures: [picture], description: '', warnings: [] } },
    charge: notBilled,
    view: { key: 'k', text: '{}' },
  });
  return { id, key };
}

async function failedTask(): Promise<string> {
  const id = await addTask();
  await failTask(id);
  return id;
}

async function failTask(id: string): Promise<void> {
  const failure = { type: 'internal', message: 'It failed.', retryable: true } as const;
  const end = {
    at: clock.time,
    outcome: { state: 'error', failure },
    view: { key: 'k', text: '{}' },
  } as const;
  await store.finishIfPending(id, { ...end, charge: { kind: 'release', reason: 'not_billed' } });
}

async function addTask(request: Partial<TaskRequest> = {}, price: AgreedPrice = noPrice): Promise<string> {
  const id = newTaskId();
  await store.insert([
    {
      id,
      keyId: 'key',
      action: 'generate',
      model: 'm',
      request: { prompt: 'x', inputs: [], aspectRatio: 'auto', imageSize: '1K', ...request },
      createdAt: clock.time,
      deadlineAt: clock.time + hour,
      price,
    },
  ]);
  return id;
}

test('entries of the audit log go when their time is over, in steps', async () => {
  const entry = { act: 'upstream.resume', who: 'cli', whoName: null, subject: null } as const;
  const rest = { before: null, after: null, address: null, requestId: null };
  for (const age of [0, 19, 20, 21, 22])
    await store.appendAudit({ ...entry, ...rest, at: clock.time - age * hour });
  await open({}, {}, { batch: 2 }).sweepTasks();
  const left = await store.listAudit({ limit: 9 });
  expect(left.map(({ at }) => (clock.time - at) / hour)).toEqual([0, 19]);
});

test('pictures go with their renditions when their time is over, the records later', async () => {
  const { id, key } = await finishedTask();
  clock.time += settings.picturesMs - 1;
  expect(await open().sweepTasks()).toEqual({ pictures: 0, prompts: 0, tasks: 0 });
  expect(await there(key)).toBe(true);
  clock.time += 1;
  expect(await open().sweepTasks()).toEqual({ pictures: 1, prompts: 0, tasks: 0 });
  expect([await there(key), await there(`${renditionsOf(key)}8x8.png`)]).toEqual([false, false]);
  expect((await store.find(id))?.state).toBe('succeeded');
  clock.time += settings.tasksMs - settings.picturesMs;
  expect(await open().sweepTasks()).toEqual({ pictures: 0, prompts: 0, tasks: 1 });
  expect(await store.find(id)).toBeNull();
});

test('prompts go at a time of their own, and whoever had one can’t have its task tried again', async () => {
  const prompt = `${'long '.repeat(9)}\0 “text”`;
  const { id, key } = await finishedTask({ prompt, metadata: { order: '17' } });
  const failed = await failedTask();
  const waiting = await addTask();
  const retry = (taskId: string) =>
    createRetryTask(store)(taskId, 'key', async ({ prompt: repeated }) => repeated);
  const sweep = () => open({}, {}, { batch: 1, promptsMs: hour }).sweepTasks();
  clock.time += hour - 1;
  expect(await sweep()).toMatchObject({ prompts: 0 });
  expect(await retry(failed)).toBe('x');
  clock.time += 1;
  expect(await sweep()).toEqual({ pictures: 0, prompts: 2, tasks: 0 });
  expect((await store.find(id))?.request).toMatchObject({
    prompt: '',
    promptDeleted: true,
    metadata: { order: '17' },
  });
  expect(await there(key)).toBe(true);
  expect(await retry(failed)).toEqual({ refused: 'prompt_deleted' });
  expect((await store.find(waiting))?.request.prompt).toBe('x');
  expect(await sweep()).toMatchObject({ prompts: 0 });
});

test('what was deleted is written over when all of a sweep is', async () => {
  const id = await failedTask();
  clock.time += 11 * hour;
  const found: unknown[] = [];
  const writeOverDeleted = async () => void found.push(await store.find(id));
  await open({ writeOverDeleted }).sweepTasks();
  expect(found).toEqual([null]);
});

test('tasks that were looked at for prompts are not again, but for those of the last minutes, and once a day', async () => {
  const begun = clock.time;
  const from: number[] = [];
  const deletePrompts: Store['deletePrompts'] = (step) => {
    from.push(step.after === 0 ? 0 : step.after - begun);
    return store.deletePrompts(step);
  };
  const retention = open({ deletePrompts }, {}, { promptsMs: 0 });
  await retention.sweepTasks();
  // As by a server that stored it late.
  clock.time = begun - 4 * 60_000;
  await failedTask();
  clock.time = begun + 60_000;
  expect(await retention.sweepTasks()).toMatchObject({ prompts: 1 });
  expect(from).toEqual([0, -5 * 60_000]);
  clock.time = begun + 24 * hour;
  await retention.sweepTasks();
  expect(from.slice(2)).toEqual([0]);
});

test('a request may have its pictures kept for another time than the server says', async () => {
  const short = await finishedTask({ expiresInSeconds: 3_600 });
  const long = await finishedTask({ expiresInSeconds: 20 * 3_600 });
  clock.time += hour;
  await open().sweepTasks();
  expect([await there(short.key), await there(long.key)]).toEqual([false, true]);
  clock.time += 12 * hour;
  await open().sweepTasks();
  expect([await store.find(short.id), await there(long.key)]).toEqual([null, true]);
  expect((await store.find(long.id))?.state).toBe('succeeded');
});

test('a sweep that is cut off before its note is done again', async () => {
  const { key } = await finishedTask();
  clock.time += settings.picturesMs;
  const cut = open({ markPicturesDeleted: () => Promise.reject(new Error('killed')) });
  await expect(cut.sweepTasks()).rejects.toThrow('killed');
  clock.time += claimMs;
  expect(await open().sweepTasks()).toEqual({ pictures: 1, prompts: 0, tasks: 0 });
  expect(await there(key)).toBe(false);
});

test('a picture that can’t be deleted is not noted as gone', async () => {
  await finishedTask();
  clock.time += settings.picturesMs;
  const failing = open({}, { delete: () => Promise.reject(new Error('no')) });
  await expect(failing.sweepTasks()).rejects.toThrow('no');
  clock.time += claimMs;
  expect(await open().sweepTasks()).toEqual({ pictures: 1, prompts: 0, tasks: 0 });
});

const deleteTask = (pictures_: Partial<PictureStore> = {}) => {
  const deletePictures = createDeletePictures({ pictures: { ...pictures, ...pictures_ }, renditionsOf });
  return createDeleteTask({ store, endHold, deletePictures, clock, emit: silent });
};

test('a task that its owner deletes is gone at once, with its pictures and their renditions', async () => {
  const { id, key } = await finishedTask();
  expect(await deleteTask()(id, 'another')).toBe('unknown');
  expect(await deleteTask()(await addTask(), 'key')).toBe('open');
  expect(await there(key)).toBe(true);
  expect(await deleteTask()(id, 'key')).toBe('deleted');
  expect(await store.find(id)).toBeNull();
  expect([await there(key), await there(`${renditionsOf(key)}8x8.png`)]).toEqual([false, false]);
  expect(await deleteTask()(id, 'key')).toBe('unknown');
});

test('pictures that can’t be deleted with their task, and renditions made meanwhile, go at the next sweep', async () => {
  const { id, key } = await finishedTask();
  const failing = deleteTask({ delete: () => Promise.reject(new Error('no')) });
  expect(await failing(id, 'key')).toBe('deleted');
  expect([await store.find(id), await there(key)]).toEqual([null, true]);
  expect((await open().sweepTasks()).pictures).toBe(0);
  clock.time += 60_000;
  await pictures.put(`${renditionsOf(key)}16x16.png`, bytes);
  expect((await open().sweepTasks()).pictures).toBe(1);
  expect([await there(key), await there(`${renditionsOf(key)}16x16.png`)]).toEqual([false, false]);
  expect((await open().sweepTasks()).pictures).toBe(0);
});

test('more than a batch is gone through in batches, which have fewer tasks where endpoints are told of each', async () => {
  const endpoint = { id: 'we_1', keyId: 'key', url: 'https://a.example/', description: '' };
  const on = { createdAt: clock.time, failingSince: null, disabledAt: null, disabledReason: null };
  await store.insertEndpoint({ ...endpoint, ...on, events: [deletedEvent] }, 'whsec_1', 20);
  for (let count = 0; count < 9; count += 1) await finishedTask();
  clock.time += settings.tasksMs;
  expect(await open({}, {}, { batch: 4 }).sweepTasks()).toEqual({ pictures: 9, prompts: 0, tasks: 9 });
});

test('inputs go when no task can need them any more, and stay when one was submitted with them since', async () => {
  const old = 'inputs/aa/old';
  const used = 'inputs/bb/used';
  const aged = (clock.time - 3 * hour) / 1000;
  for (const key of [old, used]) {
    await pictures.put(key, bytes);
    utimesSync(join(directory, 'pictures', key), aged, aged);
  }
  await pictures.touch(used);
  expect(await open().sweepFiles()).toEqual({ inputs: 1, orphans: 0 });
  expect([await there(old), await there(used)]).toEqual([false, true]);
});

test('a picture that was fetched for a task stays until the longest task has ended, however late in its life', async () => {
  const key = 'inputs/dd/fetched';
  await pictures.put(key, bytes);
  clock.time += settings.maxTaskMs;
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 0 });
  clock.time += 2 * hour;
  expect(await open().sweepFiles()).toEqual({ inputs: 1, orphans: 0 });
});

test('an input stays while a task with it waits, though no request may ask for its deadline any more', async () => {
  const key = 'inputs/ee/waiting';
  await pictures.put(key, bytes);
  const id = await addTask({ inputs: [{ kind: 'stored', key }] });
  const sweep = () => open({}, {}, { maxTaskMs: 60_000 }).sweepFiles();
  clock.time += 2 * hour;
  expect(await sweep()).toEqual({ inputs: 0, orphans: 0 });
  await failTask(id);
  expect(await sweep()).toEqual({ inputs: 1, orphans: 0 });
});

test('an input stays as long as a result where that is wanted, as it is by a new installation', async () => {
  const key = 'inputs/ff/again';
  await pictures.put(key, bytes);
  const { inputLifetime: _, ...unsaid } = settings;
  const sweep = async (more: Partial<RetentionSettings>) =>
    (await createOpened({ ...unsaid, ...more }).sweepFiles()).inputs;
  clock.time += settings.picturesMs + 2 * hour - 60_000;
  expect([await sweep({}), await sweep({ inputLifetime: 'result' })]).toEqual([0, 0]);
  clock.time += 2 * 60_000;
  expect(await sweep({})).toBe(1);
});

test('an uploaded file keeps its bytes until it expires, whatever their age', async () => {
  const key = 'inputs/cc/uploaded';
  await pictures.put(key, bytes);
  const aged = (clock.time - 3 * hour) / 1000;
  utimesSync(join(directory, 'pictures', key), aged, aged);
  const details = { width: 1, height: 1, content_type: 'image/png', bytes: 5, sha256: 'x' };
  const times = { createdAt: clock.time, expiresAt: clock.time + hour };
  await store.insertFile({ id: newTaskId(), keyId: 'key', key, fileName: 'input.png', ...details, ...times });
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 0 });
  clock.time += hour;
  await open().sweepTasks();
  expect(await store.listFiles({ keyId: 'key', now: 0, limit: 5 })).toEqual([]);
  expect(await open().sweepFiles()).toEqual({ inputs: 1, orphans: 0 });
});

test('the bytes of an upload go with the last file that has them, deleted or expired, and at once but for a minute', async () => {
  const file = async (key: string, lifetime: number) => {
    const id = newTaskId();
    const details = { width: 1, height: 1, content_type: 'image/png', bytes: 5, sha256: 'x' };
    const times = { createdAt: clock.time, expiresAt: clock.time + lifetime };
    await store.insertFile({ id, keyId: 'key', key, fileName: 'input.png', ...details, ...times });
    return id;
  };
  const [shared, short, cut] = ['uploads/aa/shared', 'uploads/bb/short', 'uploads/cc/cut'];
  for (const key of [shared, short, cut]) await pictures.put(key, bytes);
  const [one, other] = [await file(shared, 9 * hour), await file(shared, 9 * hour)];
  await file(short, 1_000);
  const left = async () => await Promise.all([shared, short, cut].map(there));
  expect(await store.deleteFile(one, 'key')).toBe(true);
  clock.time += 1_000;
  await open().sweepTasks();
  clock.time += 61_000;
  await open().sweepTasks();
  expect(await left()).toEqual([true, false, true]);
  expect(await store.deleteFilesOfKey('key', 9)).toBe(1);
  await open().sweepTasks();
  expect(await store.deleteFile(other, 'key')).toBe(false);
  clock.time += 61_000;
  await open().sweepTasks();
  expect(await left()).toEqual([false, false, true]);
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 0 });
  clock.time += hour;
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 1 });
});

test('partial images that a crash has left go an hour after they were written', async () => {
  const key = `partial-images/aa/${newTaskId()}`;
  await pictures.put(key, bytes);
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 0 });
  clock.time += 2 * hour;
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 1 });
  expect(await there(key)).toBe(false);
});

test('results that no task shows go an hour after they were written, and those of tasks that run or have them stay', async () => {
  const { key, id } = await finishedTask();
  const running = await addTask();
  await store.takeDue({ needs: [{ model: 'm', inputs: 0, limit: 1 }], now: clock.time, leaseMs: hour });
  const result = (task: string, attempt: number) =>
    `results/${task.slice(-2)}/${task}-${attempt}-abcdef12-1.png`;
  const [lost, gone, live] = [result(id, 7), result(newTaskId(), 1), result(running, 1)];
  const unknown = 'results/zz/somebody-elses.txt';
  const aged = (clock.time - 1.5 * hour) / 1000;
  for (const each of [lost, gone, live, unknown]) await pictures.put(each, bytes);
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 0 });
  for (const each of [key, lost, gone, live, unknown])
    utimesSync(join(directory, 'pictures', each), aged, aged);
  expect(await open().sweepFiles()).toEqual({ inputs: 0, orphans: 2 });
  expect(await Promise.all([key, lost, gone, live, unknown].map(there))).toEqual([
    true,
    false,
    false,
    true,
    true,
  ]);
});

test('counts become coarser with their age, and go when they are old', async () => {
  await addTask();
  const counted = async () =>
    (await store.countsBetween(0, clock.time)).map(({ counts }) => counts.submitted);
  clock.time += 3 * 24 * hour;
  await open().sweepTasks();
  const [bucket] = await store.countsBetween(0, clock.time);
  expect(bucket?.bucketAt).toBe(Math.floor((clock.time - 3 * 24 * hour) / (3 * hour)) * 3 * hour);
  expect(await counted()).toEqual([1]);
  clock.time += 90 * 24 * hour;
  await open().sweepTasks();
  expect(await counted()).toEqual([]);
});

/** Retention on the test's time, and the counts of each sweep that deleted something, in turn. */
function openSwept() {
  const swept: unknown[] = [];
  let notify = () => {};
  const emit: Emit = (_event, fields) => {
    swept.push(fields);
    notify();
  };
  async function nextSwept(): Promise<unknown> {
    while (swept.length === 0) await new Promise<void>((resolve) => (notify = resolve));
    return swept.shift();
  }
  return { retention: open({}, {}, { emit, startTimer: time.startTimer }), nextSwept };
}

test('sweeps by itself from the start on, and not after the stop', async () => {
  const { key } = await finishedTask();
  clock.time += settings.picturesMs;
  const { retention, nextSwept } = openSwept();
  retention.start();
  time.pass(0);
  expect(await nextSwept()).toEqual({ pictures: 1, prompts: 0, tasks: 0 });
  expect(await there(key)).toBe(false);
  await retention.stop();
  const late = await finishedTask();
  clock.time += settings.picturesMs;
  expect(await retention.sweepTasks()).toEqual({ pictures: 0, prompts: 0, tasks: 0 });
  expect(await there(late.key)).toBe(true);
});

test('tasks are swept each minute, and files that are due meanwhile right after them', async () => {
  const lost = `results/aa/${newTaskId()}-1-abcdef12-1.png`;
  const aged = (clock.time - 3 * hour) / 1000;
  const lose = async () => {
    await pictures.put(lost, bytes);
    utimesSync(join(directory, 'pictures', lost), aged, aged);
  };
  await lose();
  const { retention, nextSwept } = openSwept();
  retention.start();
  time.pass(5 * 60_000);
  expect(await nextSwept()).toEqual({ inputs: 0, orphans: 1 });
  const { key } = await finishedTask();
  clock.time += settings.picturesMs;
  time.pass(60_000);
  expect(await nextSwept()).toEqual({ pictures: 1, prompts: 0, tasks: 0 });
  expect([await there(lost), await there(key)]).toEqual([false, false]);
  await lose();
  time.pass(6 * hour);
  expect(await nextSwept()).toEqual({ inputs: 0, orphans: 1 });
  await retention.stop();
});

/** A failed task of which nobody knows whether it was billed, held for a day. */
async function heldTask(): Promise<string> {
  const id = await addTask({}, { estimatedMicroUsd: 40_000, unitMicroUsd: null });
  const failure = { type: 'internal', message: 'It broke off.', retryable: false } as const;
  await store.finishIfPending(id, {
    at: clock.time,
    outcome: { state: 'error', failure },
    charge: { kind: 'hold', until: clock.time + 24 * hour },
    view: { key: 'k', text: '{}' },
  });
  return id;
}
const kindsOf = async (taskId: string) =>
  (await store.listEntries({ taskId, limit: 9 })).map(({ kind, reason }) => [kind, reason]);

test('a hold ends a day after the task, whose record is kept until then, and the task is shown anew', async () => {
  const id = await heldTask();
  clock.time += 24 * hour - 1;
  expect(await open().sweepTasks()).toEqual({ pictures: 0, prompts: 0, tasks: 0 });
  expect(await kindsOf(id)).toEqual([['reserve', null]]);
  clock.time += 1;
  expect(await open().sweepTasks()).toEqual({ pictures: 0, prompts: 0, tasks: 1 });
  expect(await kindsOf(id)).toEqual([
    ['reserve', null],
    ['settle', 'unknown_charged'],
  ]);
});

test('a held task that its owner deletes is resolved, and leaves its entries', async () => {
  const id = await heldTask();
  expect(await deleteTask()(id, 'key')).toBe('deleted');
  expect(await kindsOf(id)).toHaveLength(2);
  expect(await store.findLedgerFaults(9)).toEqual([]);
});
