// Events of webhooks, and the secrets that they are signed with: 32 random bytes each, in the form of Standard Webhooks
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).

import { randomBytes } from 'node:crypto';
import type { WebhookEventType } from '@plantain/client';
import type { TaskEnd } from '../tasks/task-queue.ts';

/** Events of a task that a webhook may report. */
export const webhookEvents = [
  'task.running',
  'task.succeeded',
  'task.failed',
  'task.cancelled',
] as const satisfies readonly WebhookEventType[];
export type WebhookEvent = (typeof webhookEvents)[number];

/** Events that are reported by default: the ends of a task. */
export const finalEvents: readonly WebhookEvent[] = webhookEvents.filter((event) => event !== 'task.running');

/** Sent only when its owner asks for it. */
export const testEvent = 'webhook.test';

/** The event that the end of a task is. */
export function endEvent(outcome: TaskEnd['outcome']): WebhookEvent {
  if (outcome.state === 'succeeded') return 'task.succeeded';
  return outcome.failure.type === 'cancelled' ? 'task.cancelled' : 'task.failed';
}

export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export function newEndpointId(): string {
  return `we_${randomBytes(16).toString('hex')}`;
}

/** Id by which a receiver knows a message, however often it is sent. */
export function newDeliveryId(): string {
  return `msg_${randomBytes(16).toString('hex')}`;
}

/** Host by which deliveries are counted, so that a receiver that is slow holds up itself only. */
export function receiverOf(url: string): string {
  return new URL(url).hostname;
}
