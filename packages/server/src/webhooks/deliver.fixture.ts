// For tests: a deliverer on a real database that posts over real connections to 127.0.0.0/8, with a time that the test may let
// pass.

import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalChanges } from '../core/tasks/changes.ts';
import type { Task } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { currentText } from '../core/tasks/task-views.ts';
import { newEndpointId, newWebhookSecret, webhookEvents } from '../core/webhooks/webhook.ts';
import type { AttemptRecord, WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { afterThisTest } from '../lib/ends.fixture.ts';
import { newTaskId } from '../lib/ids.ts';
import { createTestTime } from '../lib/timers.fixture.ts';
import { createGuardedPost } from '../outside/guarded-post.ts';
import { openTestStore } from '../store/test-store.fixture.ts';
import { createWebhookDeliverer, type DelivererDependencies, type WebhookDeliverer } from './deliver.ts';
import { notBilled } from '../core/ledger/money.ts';

const everyPort = Array.from({ length: 65_536 }, (_, port) => port);
const hour = 3_600_000;
const views = {
  isReady: () => true,
  prepare: async () => {},
  key: 'k',
  render: ({ id, state }: Task) => ({ text: JSON.stringify({ task_id: id, state }) }),
};

export function openDeliveries({ timeoutMs = 5_000 }: { timeoutMs?: number } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-deliver-'));
  const changes = createLocalChanges();
  const time = createTestTime();
  const log: { event: string; fields: Record<string, unknown> }[] = [];
  const store = openTestStore({ directory, changes });
  const { recordAttempt, ...attempts } = watchAttempts(store);
  const deliverers: WebhookDeliverer[] = [];
  afterThisTest(async () => {
    for (const deliverer of deliverers) await deliverer.stop(0);
    time.end();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A deliverer that runs; `changed` overrides what its store does, `parts` what it is made of. */
  function start(changed: Partial<WebhookStore> = {}, parts: Partial<DelivererDependencies> = {}) {
    const deliverer = createWebhookDeliverer({
      store: { ...store, recordAttempt, ...changed },
      post: createGuardedPost({
        policy: createAddressPolicy(['127.0.0.0/8'], { allowedPorts: everyPort }),
        limits: { totalMs: timeoutMs },
      }),
      render: (taskId, keyId) => currentText(store, views, { taskId, keyId }),
      changes,
      clock: time,
      startTimer: time.startTimer,
      random: () => 0.5,
      postMs: timeoutMs,
      emit: (event, fields) => void log.push({ event, fields: { ...fields } }),
      retryMs: 72 * hour,
      disableAfterMs: 120 * hour,
      ...parts,
    });
    deliverers.push(deliverer);
    deliverer.start();
    return deliverer;
  }

  const addEndpoint = (url: string, keyId = 'key_a') => insertEndpoint(store, time.now(), { url, keyId });
  const endedTask = (task: NewEndedTask = {}) => insertEndedTask(store, time.now(), task);
  return { store, changes, time, log, start, addEndpoint, endedTask, ...attempts };
}

async function insertEndpoint(
  store: WebhookStore,
  createdAt: number,
  { url, keyId }: { url: string; keyId: string },
) {
  const id = newEndpointId();
  const secret = newWebhookSecret();
  const off = { failingSince: null, disabledAt: null, disabledReason: null };
  const endpoint = { id, keyId, url, events: webhookEvents, description: '', createdAt, ...off };
  await store.insertEndpoint(endpoint, secret, 20);
  return { id, secret };
}

interface NewEndedTask {
  callbackUrl?: string;
  keyId?: string;
}

/** Inserts a task that has ended; gives its id. Its view names it. */
async function insertEndedTask(
  store: TaskStore,
  createdAt: number,
  { callbackUrl, keyId = 'key_a' }: NewEndedTask,
): Promise<string> {
  const id = newTaskId();
  const request = { prompt: 'a banana', inputs: [], aspectRatio: 'auto', imageSize: '1K' as const };
  await store.insert([
    {
      id,
      keyId,
      action: 'generate',
      model: 'nano-banana',
      request: { ...request, ...(callbackUrl === undefined ? {} : { callbackUrl }) },
      createdAt,
      deadlineAt: createdAt + hour,
    },
  ]);
  await store.finishIfPending(id, {
    at: createdAt,
    outcome: { state: 'error', failure: { type: 'no_image', message: 'No.', retryable: false } },
    charge: notBilled,
    view: { key: 'k', text: JSON.stringify({ task_id: id, state: 'error' }) },
  });
  return id;
}

/** The store's `recordAttempt`, and waits for what it records. */
function watchAttempts(store: WebhookStore) {
  const recorded = new EventEmitter().setMaxListeners(100);
  let attempts = 0;
  const deliveryOf = async (taskId: string, keyId = 'key_a') =>
    (await store.listDeliveries({ keyId, taskId, limit: 1 }))[0] as WebhookDelivery;
  return {
    async recordAttempt(record: AttemptRecord) {
      const isOff = await store.recordAttempt(record);
      attempts += 1;
      recorded.emit('attempt');
      return isOff;
    },
    deliveryOf,
    /** Resolves with the delivery as soon as it is as wanted. */
    async until(
      taskId: string,
      wanted: (delivery: WebhookDelivery) => boolean,
      keyId?: string,
    ): Promise<WebhookDelivery> {
      for (;;) {
        const next = once(recorded, 'attempt');
        const delivery = await deliveryOf(taskId, keyId);
        if (wanted(delivery)) return delivery;
        await next;
      }
    },
    /** Resolves when so many attempts have been recorded since the start. */
    async untilAttempts(count: number): Promise<void> {
      while (attempts < count) await once(recorded, 'attempt');
    },
  };
}
