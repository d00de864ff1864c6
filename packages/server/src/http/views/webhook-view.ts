// Wire form of webhook endpoints and deliveries. Times are Unix seconds as decimal strings.

import type { WebhookAttemptData, WebhookData, WebhookDeliveryData } from '@plantain/client';
import type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookStore,
} from '../../core/webhooks/webhook-store.ts';
import { secondsText } from '../../lib/time/unix-time.ts';

export function endpointData(endpoint: WebhookEndpoint): WebhookData {
  const { id, url, events, description, createdAt, failingSince, disabledAt, disabledReason } = endpoint;
  return {
    webhook_id: id,
    url,
    events,
    description,
    enabled: disabledAt === null,
    create_time: secondsText(createdAt),
    ...(failingSince === null ? {} : { failing_since: secondsText(failingSince) }),
    ...(disabledAt === null ? {} : { disabled_at: secondsText(disabledAt) }),
    ...(disabledReason === null ? {} : { disabled_reason: disabledReason }),
  };
}

export function deliveryData(delivery: WebhookDelivery): WebhookDeliveryData {
  const { id, event, state, url, endpointId, taskId, createdAt, dueAt, finishedAt, reason, tries } = delivery;
  return {
    delivery_id: id,
    type: event,
    state,
    url,
    ...(endpointId === null ? {} : { webhook_id: endpointId }),
    ...(taskId === null ? {} : { task_id: taskId }),
    create_time: secondsText(createdAt),
    tries,
    ...(state === 'pending' ? { next_try_at: secondsText(Math.max(createdAt, dueAt)) } : {}),
    ...(finishedAt === null ? {} : { finished_at: secondsText(finishedAt) }),
    ...(reason === null ? {} : { reason }),
  };
}

/** Gives a delivery with its attempts, or `null` where it has been deleted. */
export async function deliveryWithAttempts(
  store: Pick<WebhookStore, 'findDelivery' | 'attemptsOf'>,
  id: string,
): Promise<WebhookDeliveryData | null> {
  const delivery = await store.findDelivery(id);
  return delivery && { ...deliveryData(delivery), attempts: (await store.attemptsOf(id)).map(attemptData) };
}

function attemptData({ at, durationMs, status, error, answerStart }: WebhookAttempt): WebhookAttemptData {
  return {
    time: secondsText(at),
    duration_ms: durationMs,
    ...(status === null ? {} : { status, answer: answerStart }),
    ...(error === null ? {} : { error }),
  };
}
