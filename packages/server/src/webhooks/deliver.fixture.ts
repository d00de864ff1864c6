// For tests: a deliverer on a real database that posts over real connections to 127.0.0.0/8, with a clock that can be set ahead.

import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLocalChanges } from '../core/tasks/changes.ts';
import type { Task } from '../core/tasks/task.ts';
import { currentText } from '../core/tasks/task-views.ts';
import { newEndpointId, newWebhookSecret, webhookEvents } from '../core/webhooks/webhook.ts';
import type { AttemptRecord, WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { newTaskId } from '../lib/ids.ts';
import { createGuardedPost } from '../outside/guarded-post.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { createWebhookDeliverer, type DelivererDependencies } from './deliver.ts';

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
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const log: { event: string; fields: Record<string, unknown> }[] = [];
  const store = openSqliteStore({
    directory,
    changes,
    onDeath(error) {
      throw error;
    },
  });
  const recorded = new EventEmitter().setMaxListeners(100);
  let attempts = 0;
  const deliverers: ReturnType<typeof createWebhookDeliverer>[] = [];
  onTestFinished(async () => {
    for (const deliverer of deliverers) await deliverer.stop(0);
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A deliverer that runs; `changed` overrides what it is made of. */
  function start(changed: Partial<WebhookStore> = {}, parts: Partial<DelivererDependencies> = {}) {
    const watchedStore = {
      ...store,
      async recordAttempt(record: AttemptRecord) {
        const isOff = await store.recordAttempt(record);
        attempts += 1;
        recorded.emit('attempt');
        return isOff;
      },
      ...changed,
    };
    const deliverer = createWebhookDeliverer({
      store: watchedStore,
      post: createGuardedPost({
        policy: createAddressPolicy(['127.0.0.0/8'], { allowedPorts: everyPort }),
        limits: { totalMs: timeoutMs },
      }),
      render: (taskId, keyId) => currentText(store, views, { taskId, keyId }),
      changes,
      clock,
      random: () => 0.5,
      emit: (event, fields) => void log.push({ event, fields: { ...fields } }),
      retryMs: 72 * hour,
      disableAfterMs: 120 * hour,
      ...parts,
    });
    deliverers.push(deliverer);
    deliverer.start();
    return deliverer;
  }

  async function addEndpoint(url: string, keyId = 'key_a') {
    const id = newEndpointId();
    const secret = newWebhookSecret();
    const off = { failingSince: null, disabledAt: null, disabledReason: null };
    const endpoint = {
      id,
      keyId,
      url,
      events: webhookEvents,
      description: '',
      createdAt: clock.now(),
      ...off,
    };
    await store.insertEndpoint(endpoint, secret, 20);
    return { id, secret };
  }

  /** A task that has ended; gives its id. Its view names it. */
  async function endedTask({ callbackUrl, keyId = 'key_a' }: { callbackUrl?: string; keyId?: string } = {}) {
    const id = newTaskId();
    const createdAt = clock.now();
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
      view: { key: 'k', text: JSON.stringify({ task_id: id, state: 'error' }) },
    });
    return id;
  }

  const deliveryOf = async (taskId: string, keyId = 'key_a') =>
    (await store.listDeliveries({ keyId, taskId, limit: 1 }))[0] as WebhookDelivery;

  /** Resolves with the delivery as soon as it is as wanted. */
  async function until(
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
  }

  /** Resolves when so many attempts have been recorded since the start. */
  async function untilAttempts(count: number): Promise<void> {
    while (attempts < count) await once(recorded, 'attempt');
  }

  return { store, changes, clock, log, start, addEndpoint, endedTask, deliveryOf, until, untilAttempts };
}
