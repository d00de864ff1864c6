// Events of webhooks, and the ids and secrets of deliveries. A secret is 32 random bytes in the form of Standard Webhooks
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).

import { randomBytes } from 'node:crypto';
import type { AlertEventType, DeletionEventType, WebhookEventType } from '@plantain/client';
import type { TaskEnd } from '../tasks/task-queue.ts';

/** Events of a task that a webhook may report. */
export const webhookEvents = [
  'task.running',
  'task.succeeded',
  'task.failed',
  'task.cancelled',
] as const satisfies readonly WebhookEventType[];
export type WebhookEvent = (typeof webhookEvents)[number];

/** Event of a task whose record was deleted, which only an endpoint that names it is told. */
export const deletedEvent = 'task.deleted' satisfies DeletionEventType;

/** Events of budgets and keys, which only an endpoint that names them is told. */
export const alertEvents = ['budget.threshold', 'key.expiring'] as const satisfies readonly AlertEventType[];
export type AlertEvent = (typeof alertEvents)[number];

/** Events that an endpoint may want. */
export const endpointEvents = [...webhookEvents, deletedEvent, ...alertEvents] as const;
export type EndpointEvent = (typeof endpointEvents)[number];

/** Default events: the ends of a task. */
export const finalEvents: readonly WebhookEvent[] = webhookEvents.filter((event) => event !== 'task.running');

/** Event of a test, which is sent only when the endpoint's owner asks for it. */
export const testEvent = 'webhook.test';

export function endEvent(outcome: TaskEnd['outcome']): WebhookEvent {
  if (outcome.state === 'succeeded') return 'task.succeeded';
  return outcome.failure.type === 'cancelled' ? 'task.cancelled' : 'task.failed';
}

/** Number of secrets of one owner; whoever rotates more often than that loses the oldest early. */
export const maxSecrets = 5;

/** Reasons of deliveries that ended without an attempt, which are shown to their owner. */
export const offByOwner = 'Its owner switched it off.';
export const endpointDeleted = 'The endpoint was deleted.';

/** Makes the reason of a delivery whose endpoint was switched off for `reason`. */
export function endpointOff(reason: string): string {
  return reason === offByOwner ? reason : `The endpoint was switched off. ${reason}`;
}

export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export function newEndpointId(): string {
  return `we_${randomBytes(16).toString('hex')}`;
}

/** Makes the id of a delivery. A receiver recognises repeated messages by it. */
export function newDeliveryId(): string {
  return `msg_${randomBytes(16).toString('hex')}`;
}

/** Host of a URL. Deliveries are limited by host, so that a slow receiver delays only its own. */
export function receiverOf(url: string): string {
  return new URL(url).hostname;
}
