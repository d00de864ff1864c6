// Shared by the suites of webhooks: endpoints, tasks that make deliveries, and attempts.

import type { TaskFailure } from '../../core/errors.ts';
import type { Lease } from '../../core/tasks/task-queue.ts';
import type { TaskRequest } from '../../core/tasks/task.ts';
import type { AttemptRecord, WebhookEndpoint } from '../../core/webhooks/webhook-store.ts';
import { newEndpointId, webhookEvents } from '../../core/webhooks/webhook.ts';
import { failed, newTask, type OpenStore, start, storeTest, succeeded } from './store.fixture.ts';
import type { Store } from '../store.ts';

export const url = 'https://receiver.example/hook';
export const success = { next: { state: 'delivered' as const }, switchOff: null };

export function hooksTest(open: OpenStore) {
  return storeTest(open).extend('hooks', ({ store }) => createHooks(store));
}

function createHooks(store: Store) {
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

  const succeed = (lease: Lease, at = start + 2) => store.finishIfLeased(lease, succeeded(at));
  const fail = (taskId: string, type: TaskFailure['type'], at = start + 2) =>
    store.finishIfPending(taskId, failed(at, type));
  const deliveries = (filter: Partial<Parameters<Store['listDeliveries']>[0]> = {}) =>
    store.listDeliveries({ keyId: 'key_a', limit: 100, ...filter });
  const told = async (filter = {}) => (await deliveries(filter)).map(({ event }) => event);

  /** Delivery of a failed task. */
  async function failedDelivery(request: Partial<TaskRequest> = {}) {
    const taskId = await addTask(request);
    await fail(taskId, 'no_image');
    const [delivery] = await deliveries({ taskId });
    if (delivery === undefined) throw new Error('no delivery');
    return delivery;
  }

  /** Records an attempt that failed, unless `change` says otherwise. */
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

  return { addEndpoint, addTask, take, succeed, fail, deliveries, told, failedDelivery, attempt };
}
