// The wire types of webhooks (Plantain): the endpoints of a key, the messages that they are sent, and what became of each.

import type { Envelope, TaskData, WebhookEventType } from './types.ts';

/** The body of a webhook: the status query's answer at the time of sending, with what happened, and when (Plantain). */
export interface WebhookMessage extends Envelope<TaskData> {
  type: WebhookEventType;
  /** When it happened, ISO 8601. */
  timestamp: string;
}

/** The body of a webhook that its owner asked for (Plantain). */
export interface WebhookTestMessage extends Envelope<{ webhook_id: string }> {
  type: 'webhook.test';
  /** ISO 8601. */
  timestamp: string;
}

/** An endpoint: where webhooks of a key's tasks go (Plantain). Times are Unix seconds, as decimal strings. */
export interface WebhookData {
  webhook_id: string;
  url: string;
  events: readonly WebhookEventType[];
  description: string;
  enabled: boolean;
  create_time: string;
  /** Since when no delivery has succeeded; absent where the last one did. */
  failing_since?: string;
  disabled_at?: string;
  /** A sentence. */
  disabled_reason?: string;
}

/** `data` of `POST /api/webhooks`: the only answer that has the endpoint's secret (Plantain). */
export interface NewWebhookData extends WebhookData {
  secret: string;
}

/** `data` of a rotation: the new secret, and until when messages are signed with the old one as well (Plantain). */
export interface RotatedSecretData {
  secret: string;
  /** Unix seconds, as a decimal string. */
  previous_secret_expires_at: string;
}

/** One message to one receiver, however often it is sent (Plantain). Times are Unix seconds, as decimal strings. */
export interface WebhookDeliveryData {
  /** The `webhook-id` of the message. */
  delivery_id: string;
  type: WebhookEventType | 'webhook.test';
  state: 'pending' | 'delivered' | 'failed';
  url: string;
  /** Absent for a `callback_url`. */
  webhook_id?: string;
  /** Absent for a test. */
  task_id?: string;
  /** When the event happened. */
  create_time: string;
  /** Since the event, or since the last replay. */
  tries: number;
  /** Present while it is pending. */
  next_try_at?: string;
  finished_at?: string;
  /** Why it failed, a sentence. */
  reason?: string;
  /** Oldest first; present where one delivery is asked for. */
  attempts?: WebhookAttemptData[];
}

/** One call to a receiver (Plantain). */
export interface WebhookAttemptData {
  /** Unix seconds, as a decimal string. */
  time: string;
  duration_ms: number;
  /** The HTTP status; absent where there was no answer. */
  status?: number;
  /** The beginning of the answer, on one line, without what looks like a key. */
  answer?: string;
  /** Why the attempt failed, a sentence. */
  error?: string;
}

/** `data` of a list of one's deliveries, newest first (Plantain). */
export interface WebhookDeliveriesData {
  deliveries: WebhookDeliveryData[];
  /** For the next page; `null` on the last. */
  next_cursor: string | null;
}

/** What is said of an endpoint when it is made (Plantain). */
export interface NewWebhookBody {
  url: string;
  /** Without it, the ends of tasks: all but `task.running`. */
  events?: WebhookEventType[];
  /** Up to 500 characters. */
  description?: string;
}

/** What is changed of an endpoint (Plantain). */
export interface WebhookChangeBody extends Partial<NewWebhookBody> {
  /** `true` also switches on one that was switched off because nothing came through. */
  enabled?: boolean;
}

/** Which deliveries are to be sent again (Plantain). Times are Unix seconds. */
export interface WebhookReplayBody {
  webhook_id?: string;
  from: number;
  /** Without it, until now. */
  to?: number;
  /** Without it, both. */
  state?: 'delivered' | 'failed';
}
