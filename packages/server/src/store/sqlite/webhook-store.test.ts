import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { TaskRequest } from '../../core/tasks/task.ts';
import type { Lease } from '../../core/tasks/task-store.ts';
import { finalEvents, newDeliveryId, newEndpointId, webhookEvents } from '../../core/webhooks/webhook.ts';
import type { AttemptRecord, WebhookEndpoint } from '../../core/webhooks/webhook-store.ts';
import { newTask } from '../task-store.conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

const start = 1_800_000_000_000;
const url = 'https://receiver.example/hook';
const view = { key: 'k', text: '{}' };

let directory: string;
let store: ReturnType<typeof openSqliteStore>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-webhooks-'));
  store = openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function addEndpoint(change: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
  const endpoint: WebhookEndpoint = {
    id: newEndpointId(),
    keyId: 'key_a',
    url,
    events: webhookEvents,
    description: '',
    createdAt: start,
    failingSince: null,
    disabledAt: null,
    disabledReason: null,
    ...change,
  };
  await store.insertEndpoint(endpoint, `whsec_${endpoint.id}`, 20);
  return endpoint;
}

async function addTask(request: Partial<TaskRequest> = {}, keyId = 'key_a'): Promise<string> {
  const task = newTask({ keyId });
  await store.insert([{ ...task, request: { ...task.request, ...request } }]);
  return task.id;
}

async function take(): Promise<Lease> {
  const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
  const [taken] = await store.takeDue({ needs, now: start + 1, leaseMs: 10_000 });
  if (taken === undefined) throw new Error('nothing was taken');
  return taken.lease;
}

const succeed = (lease: Lease, at = start + 2) =>
  store.finishIfLeased(lease, {
    at,
    outcome: { state: 'succeeded', result: { pictures: [], description: '', warnings: [] } },
    view,
  });
const fail = (taskId: string, type: TaskFailure['type'], at = start + 2) =>
  store.finishIfPending(taskId, {
    at,
    outcome: { state: 'error', failure: { type, message: 'No.', retryable: false } },
    view,
  });
const deliveries = (filter: Partial<Parameters<typeof store.listDeliveries>[0]> = {}) =>
  store.listDeliveries({ keyId: 'key_a', limit: 100, ...filter });
const told = (filter = {}) => deliveries(filter).map(({ event }) => event);

/** A delivery of a failed task, and how an attempt of it is recorded. */
async function failedDelivery(request: Partial<TaskRequest> = {}) {
  const taskId = await addTask(request);
  await fail(taskId, 'no_image');
  const [delivery] = deliveries({ taskId });
  if (delivery === undefined) throw new Error('no delivery');
  return delivery;
}
function attempt(
  { id, endpointId }: { id: string; endpointId: string | null },
  change: Partial<AttemptRecord> = {},
  at = start + 10,
) {
  return store.recordAttempt({
    deliveryId: id,
    endpointId,
    attempt: { at, durationMs: 5, status: 500, error: 'No.', answerStart: 'oh' },
    next: { state: 'pending', dueAt: at + 5_000 },
    switchOff: { failingSince: at - 60_000, reason: 'It failed for long.' },
    ...change,
  });
}
const success = { next: { state: 'delivered' as const }, switchOff: null };

test('a task of a key without endpoints, and without a callback, makes no delivery', async () => {
  await addEndpoint({ keyId: 'key_b' });
  await addTask();
  await succeed(await take());
  expect(deliveries()).toEqual([]);
  expect(store.listDeliveries({ keyId: 'key_b', limit: 10 })).toEqual([]);
});

test('an endpoint is told of every change that it wants, once', async () => {
  const { id } = await addEndpoint();
  const ends = await addEndpoint({ events: finalEvents, url: 'https://other.example:8443/' });
  const taskId = await addTask();
  const first = await take();
  await store.putBackIfLeased(first, { at: start + 2, dueAt: start, usesTry: false });
  const lease = await take();
  await succeed(lease);
  expect(await succeed(lease)).toBe(false);
  expect(told({ endpointId: id })).toEqual(['task.succeeded', 'task.running']);
  expect(told({ endpointId: ends.id })).toEqual(['task.succeeded']);
  const [delivery] = deliveries({ endpointId: id });
  expect(delivery).toEqual({
    id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
    keyId: 'key_a',
    endpointId: id,
    taskId,
    event: 'task.succeeded',
    url,
    state: 'pending',
    createdAt: start + 2,
    countedFrom: start + 2,
    dueAt: start + 2,
    finishedAt: null,
    reason: null,
    tries: 0,
  });
});

test('a failed task is told as failed, a cancelled one as cancelled, before any worker has it', async () => {
  await addEndpoint();
  await fail(await addTask(), 'deadline_exceeded');
  await fail(await addTask(), 'cancelled', start + 3);
  expect(told()).toEqual(['task.cancelled', 'task.failed']);
});

test('a callback is told of the end, or of what the request names', async () => {
  const usual = await addTask({ callbackUrl: url });
  await succeed(await take());
  const asked = await addTask({ callbackUrl: url, callbackEvents: ['task.running'] });
  await succeed(await take());
  expect(told({ taskId: usual })).toEqual(['task.succeeded']);
  expect(told({ taskId: asked })).toEqual(['task.running']);
  expect(deliveries({ taskId: usual })[0]).toMatchObject({ endpointId: null, url });
});

test('a prompt that speaks of callbacks is none', async () => {
  await addTask({
    prompt: '"callbackUrl":"https://a.example"',
    metadata: { callbackUrl: 'https://a.example' },
  });
  await succeed(await take());
  expect(deliveries()).toEqual([]);
});

test('a key has no more endpoints than it may, and sees only its own', async () => {
  const { id } = await addEndpoint();
  await addEndpoint({ keyId: 'key_b' });
  const another = { ...(store.findEndpoint(id) as WebhookEndpoint), id: newEndpointId() };
  expect(await store.insertEndpoint(another, 'whsec_x', 1)).toBe(false);
  expect(await store.insertEndpoint(another, 'whsec_x', 2)).toBe(true);
  expect(
    store
      .listEndpoints('key_a')
      .map((each) => each.id)
      .toSorted(),
  ).toEqual([id, another.id].toSorted());
});

test('the receivers that deliveries wait for are found by name, each with its first due time', async () => {
  for (const [callbackUrl, at] of [
    ['https://b.example/', 30],
    ['https://a.example:8443/', 20],
    ['https://b.example/else', 10],
  ] as const)
    await fail(await addTask({ callbackUrl }), 'no_image', start + at);
  expect(store.pendingReceivers({ after: '', limit: 10 })).toEqual([
    { host: 'a.example', dueAt: start + 20 },
    { host: 'b.example', dueAt: start + 10 },
  ]);
  expect(store.pendingReceivers({ after: '', limit: 1 })).toHaveLength(1);
  expect(store.pendingReceivers({ after: 'a.example', limit: 10 })).toHaveLength(1);
  const due = (now: number) =>
    store.dueDeliveries({ host: 'b.example', now, limit: 10 }).map((each) => each.url);
  expect(due(start + 29)).toEqual(['https://b.example/else']);
  expect(due(start + 30)).toEqual(['https://b.example/else', 'https://b.example/']);
});

test('the keys that have something to deliver are found by id, each with what waits of it', async () => {
  for (const [keyId, at] of [
    ['key_b', 30],
    ['key_a', 20],
    ['key_b', 10],
  ] as const)
    await fail(
      await addTask({ callbackUrl: `https://${keyId.at(-1)}.example/` }, keyId),
      'no_image',
      start + at,
    );
  expect(store.pendingKeys({ after: '', limit: 10 })).toEqual([
    { keyId: 'key_a', dueAt: start + 20 },
    { keyId: 'key_b', dueAt: start + 10 },
  ]);
  expect(store.pendingKeys({ after: '', limit: 1 })).toHaveLength(1);
  expect(store.pendingKeys({ after: 'key_a', limit: 10 })).toHaveLength(1);
  const next = (limit: number) => store.nextDeliveriesOfKey({ keyId: 'key_b', limit });
  expect(next(1)).toMatchObject([{ keyId: 'key_b', host: 'b.example', dueAt: start + 10 }]);
  expect(next(10).map(({ dueAt }) => dueAt)).toEqual([start + 10, start + 30]);
});

test('what waits to be delivered in a future that the clock was in is due now, and its tries are counted from now', async () => {
  const [ahead, now] = [start + 10 * 365 * 24 * 3_600_000, start + 1_000];
  await fail(await addTask({ callbackUrl: 'https://a.example/' }), 'no_image', start);
  await fail(await addTask({ callbackUrl: 'https://b.example/' }), 'no_image', ahead);
  await store.pullBack(now);
  expect(store.nextDeliveriesOfKey({ keyId: 'key_a', limit: 10 })).toMatchObject([
    { url: 'https://a.example/', createdAt: start, countedFrom: start, dueAt: start },
    { url: 'https://b.example/', createdAt: now, countedFrom: now, dueAt: now },
  ]);
});

test('an attempt is kept with its delivery, which waits for the next one or ends', async () => {
  await addEndpoint();
  const delivery = await failedDelivery();
  await attempt(delivery);
  expect(store.findDelivery(delivery.id)).toMatchObject({
    state: 'pending',
    tries: 1,
    dueAt: start + 5_010,
  });
  await attempt(delivery, success, start + 6_000);
  expect(store.findDelivery(delivery.id)).toMatchObject({
    state: 'delivered',
    tries: 2,
    finishedAt: start + 6_005,
    reason: null,
  });
  expect(store.attemptsOf(delivery.id)).toEqual([
    { at: start + 10, durationMs: 5, status: 500, error: 'No.', answerStart: 'oh' },
    { at: start + 6_000, durationMs: 5, status: 500, error: 'No.', answerStart: 'oh' },
  ]);
  expect(store.pendingReceivers({ after: '', limit: 10 })).toEqual([]);
});

test('an endpoint that fails for long enough is switched off, with what waits for it', async () => {
  const { id } = await addEndpoint();
  const delivery = await failedDelivery();
  const waiting = await failedDelivery();
  expect(await attempt(delivery, {}, start + 10)).toBe(false);
  expect(store.findEndpoint(id)).toMatchObject({ failingSince: start + 10, disabledAt: null });
  expect(await attempt(delivery, {}, start + 60_009)).toBe(false);
  expect(await attempt(delivery, {}, start + 60_010)).toBe(true);
  expect(store.findEndpoint(id)).toMatchObject({
    disabledAt: start + 60_010,
    disabledReason: 'It failed for long.',
  });
  expect(store.findDelivery(waiting.id)).toMatchObject({
    state: 'failed',
    reason: 'The endpoint was switched off. It failed for long.',
  });
  await fail(await addTask(), 'no_image');
  expect(deliveries()).toHaveLength(2);
  // Switched on again, it is told again, and what it was not told can be sent again.
  expect(await store.replayDelivery(waiting.id, start + 70_000)).toBe(false);
  await store.changeEndpoint(id, { enabled: true }, start + 70_000);
  expect(store.findEndpoint(id)).toMatchObject({
    failingSince: null,
    disabledAt: null,
    disabledReason: null,
  });
  expect(await store.replayDelivery(waiting.id, start + 70_000)).toBe(true);
  await fail(await addTask(), 'no_image');
  expect(deliveries()).toHaveLength(3);
});

test('a success in between keeps an endpoint on', async () => {
  const { id } = await addEndpoint();
  const delivery = await failedDelivery();
  await attempt(delivery, {}, start + 10);
  await attempt(await failedDelivery(), success, start + 30_000);
  expect(store.findEndpoint(id)?.failingSince).toBeNull();
  expect(await attempt(delivery, {}, start + 61_000)).toBe(false);
});

test('what waits follows a changed URL, and ends when its endpoint is switched off or deleted', async () => {
  const { id } = await addEndpoint();
  const first = await failedDelivery();
  expect(await store.changeEndpoint(id, { url: 'https://new.example/', description: 'd' }, start)).toBe(true);
  expect(store.findDelivery(first.id)?.url).toBe('https://new.example/');
  expect(store.pendingReceivers({ after: '', limit: 10 }).map(({ host }) => host)).toEqual(['new.example']);
  expect(store.findEndpoint(id)).toMatchObject({ events: webhookEvents, description: 'd' });
  await store.changeEndpoint(id, { enabled: false }, start + 5);
  expect(store.findDelivery(first.id)).toMatchObject({
    state: 'failed',
    reason: 'Its owner switched it off.',
  });
  await store.changeEndpoint(id, { enabled: true }, start + 6);
  const second = await failedDelivery();
  expect(await store.deleteEndpoint(id, start + 7)).toBe(true);
  expect(store.findDelivery(second.id)).toMatchObject({
    state: 'failed',
    reason: 'The endpoint was deleted.',
  });
  expect(store.secretsOf(id, start)).toEqual([]);
  expect(await store.deleteEndpoint(id, start)).toBe(false);
  expect(await store.changeEndpoint(id, { enabled: true }, start)).toBe(false);
});

test('an attempt that ends after its delivery was ended is recorded and changes nothing', async () => {
  const { id } = await addEndpoint();
  const delivery = await failedDelivery();
  await store.deleteEndpoint(id, start + 9);
  await attempt(delivery, success);
  expect(store.findDelivery(delivery.id)?.state).toBe('failed');
  expect(store.attemptsOf(delivery.id)).toHaveLength(1);
  await attempt({ id: newDeliveryId(), endpointId: id });
});

test('a secret that was replaced is believed for its time, and there are five at most', async () => {
  await store.ensureSecret('key_a', 'one', start);
  await store.ensureSecret('key_a', 'never', start);
  const rotate = (secret: string, at: number) =>
    store.rotateSecret('key_a', secret, { at, oldExpiresAt: at + 100 });
  const secrets = (now: number) => store.secretsOf('key_a', now).map(({ secret }) => secret);
  await rotate('two', start + 1);
  await rotate('three', start + 50);
  expect(secrets(start + 100)).toEqual(['three', 'two', 'one']);
  expect(secrets(start + 101)).toEqual(['three', 'two']);
  for (const secret of ['four', 'five', 'six']) await rotate(secret, start + 60);
  expect(secrets(start + 60)).toEqual(['six', 'five', 'four', 'three', 'two']);
  expect(await store.deleteExpiredSecrets(start + 1_000)).toBe(4);
  expect(secrets(start + 60)).toEqual(['six']);
});

test('lists go page by page, newest first, whatever is made meanwhile', async () => {
  const { id: endpointId } = await addEndpoint({ events: ['task.failed'] });
  const ids: string[] = [];
  for (let number = 0; number < 7; number += 1) {
    const taskId = await addTask();
    // Some at the same time.
    await fail(taskId, 'no_image', start + 2 + Math.floor(number / 2));
    ids.push(deliveries({ taskId })[0]?.id ?? '');
  }
  for (const [index, next] of [success, {}, success].entries())
    await attempt({ id: ids[index] ?? '', endpointId }, next);
  const first = deliveries({ limit: 4 });
  await fail(await addTask(), 'no_image', start + 100);
  const [after] = first.slice(-1);
  const rest = deliveries({ limit: 4, ...(after && { after }) });
  expect([...first, ...rest].map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect([...first, ...rest].map(({ createdAt }) => createdAt)).toEqual(
    [5, 4, 4, 3, 3, 2, 2].map((ms) => start + ms),
  );
  expect(deliveries({ state: 'delivered' })).toHaveLength(2);
  expect(deliveries({ state: 'pending', endpointId })).toHaveLength(6);
  expect(deliveries({ endpointId: 'we_none' })).toEqual([]);
  expect(deliveries({ endpointId, keyId: 'key_b' })).toEqual([]);
});

test('a replay sends again what ended within the range, once, and counts anew', async () => {
  const { id: endpointId } = await addEndpoint({ events: ['task.failed'] });
  const other = await addEndpoint({ events: ['task.failed'] });
  await store.insertTest(newDeliveryId(), other, start + 2);
  await fail(await addTask(), 'no_image', start + 2);
  await fail(await addTask(), 'no_image', start + 5_000);
  for (const delivery of deliveries()) await attempt(delivery, success, start + 6_000);
  const range = { keyId: 'key_a', from: start, to: start + 1_000, state: 'delivered' as const };
  const replay = (change: { endpointId?: string; to?: number; limit?: number } = {}) =>
    store.replayDeliveries({ ...range, at: start + 7_000, limit: 10, ...change });
  expect(await replay({ endpointId })).toBe(1);
  expect(await replay()).toBe(1);
  expect(await replay()).toBe(0);
  expect(await replay({ to: start + 9_000, limit: 1 })).toBe(1);
  const [due] = store.dueDeliveries({ host: 'receiver.example', now: start + 7_000, limit: 10 });
  expect(due).toMatchObject({
    state: 'pending',
    tries: 0,
    countedFrom: start + 7_000,
    dueAt: start + 7_000,
    finishedAt: null,
  });
  // Delivered again, it is not sent once more by the same replay.
  if (due !== undefined) await attempt(due, success, start + 7_001);
  expect(await replay({ to: start + 4_000 })).toBe(0);
});

test('a test goes ahead of what waits, and is nobody’s replay', async () => {
  const endpoint = await addEndpoint();
  await failedDelivery();
  const id = newDeliveryId();
  await store.insertTest(id, endpoint, start + 50);
  const [first] = store.dueDeliveries({ host: 'receiver.example', now: start + 60, limit: 10 });
  expect(first).toMatchObject({ id, event: 'webhook.test', taskId: null, createdAt: start + 50 });
});

test('deliveries that ended long ago are deleted with their attempts, so many at a time', async () => {
  await addEndpoint();
  for (let number = 0; number < 3; number += 1) await attempt(await failedDelivery(), success);
  const [old] = deliveries();
  const waiting = await failedDelivery();
  const deleteBefore = (finishedBy: number) => store.deleteFinishedDeliveries({ finishedBy, limit: 2 });
  expect(await deleteBefore(start + 14)).toBe(0);
  expect([await deleteBefore(start + 15), await deleteBefore(start + 15)]).toEqual([2, 1]);
  expect(store.attemptsOf(old?.id ?? '')).toEqual([]);
  expect(deliveries().map(({ id }) => id)).toEqual([waiting.id]);
});
