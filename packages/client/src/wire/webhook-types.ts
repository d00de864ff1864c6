// The wire types of webhooks (Plantain): the endpoints of a key, the messages that they are sent, and what became of each.

import type { Envelope, UnixSeconds } from './envelope-types.ts';
import type { TaskData, WebhookEventType } from './task-types.ts';

/** Event of a task that was deleted, which an endpoint is told only where it names it (Plantain). */
export type DeletionEventType = 'task.deleted';

/** Events of budgets and keys, which an endpoint is told only where it names them (Plantain). */
export type AlertEventType = 'budget.threshold' | 'key.expiring';

/** Events that an endpoint may want (Plantain). */
export type EndpointEventType = WebhookEventType | DeletionEventType | AlertEventType;

/** The body of a webhook: the status query's answer at the time of sending, with what happened, and when (Plantain). */
export interface WebhookMessage extends Envelope<TaskData> {
  type: WebhookEventType;
  /** When it happened, in ISO 8601. */
  timestamp: string;
}

/** The body of a webhook that its owner asked for (Plantain). */
export interface WebhookTestMessage extends Envelope<{ webhook_id: string }> {
  type: 'webhook.test';
  /** When it happened, in ISO 8601. */
  timestamp: string;
}

/** A task that was deleted: nothing but its id is left (Plantain). */
export interface TaskDeletionData {
  task_id: string;
}

/** The body of a webhook about a task that was deleted, by its owner, by the operator or because it had its time (Plantain). */
export interface TaskDeletedMessage extends Envelope<TaskDeletionData> {
  type: DeletionEventType;
  /** When it was deleted, in ISO 8601. */
  timestamp: string;
}

/** A budget of which a share was used (Plantain). Money is in millionths of a US dollar. */
export interface BudgetThresholdData {
  /** Kind of the one that has the budget. */
  of: 'owner' | 'key';
  /** Id of the owner or the key. */
  id: string;
  /** Its name. */
  name: string;
  /** Share of the budget that was reached: 50, 80 or 100. */
  threshold_percent: number;
  period: 'day' | 'month' | 'total';
  time_zone: string;
  limit_micro_usd: number;
  spent_micro_usd: number;
  reserved_micro_usd: number;
  /** Below 0 where tasks cost more than was reserved for them. */
  left_micro_usd: number;
  /** Unix seconds, as a decimal string; `null` for a budget that never begins anew. */
  resets_at: UnixSeconds | null;
}

/** A key that is about to expire (Plantain). */
export interface KeyExpiringData {
  key_id: string;
  name: string;
  /** First characters of its secret. */
  hint: string;
  expires_at: UnixSeconds;
}

/** The body of a webhook about a budget: once for each share and period (Plantain). */
export interface BudgetThresholdMessage extends Envelope<BudgetThresholdData> {
  type: 'budget.threshold';
  /** When it was noticed, in ISO 8601. */
  timestamp: string;
}

/** The body of a webhook about a key that expires: seven days before, and one (Plantain). */
export interface KeyExpiringMessage extends Envelope<KeyExpiringData> {
  type: 'key.expiring';
  /** When it was noticed, in ISO 8601. */
  timestamp: string;
}

/** Every body of a webhook, told apart by `type` (Plantain). */
export type AnyWebhookMessage =
  WebhookMessage | WebhookTestMessage | TaskDeletedMessage | BudgetThresholdMessage | KeyExpiringMessage;

/** An endpoint that is told of a key's tasks (Plantain). */
export interface WebhookData {
  webhook_id: string;
  url: string;
  events: readonly EndpointEventType[];
  description: string;
  enabled: boolean;
  create_time: UnixSeconds;
  /** Unix seconds, as a decimal string: since when no delivery has succeeded; absent where the last one did. */
  failing_since?: UnixSeconds;
  disabled_at?: UnixSeconds;
  /** Why it is switched off, a sentence. */
  disabled_reason?: string;
}

/** An endpoint that was just made, with its secret, which no other answer has (Plantain). */
export interface NewWebhookData extends WebhookData {
  secret: WebhookSecret;
}

/** Secret that deliveries are signed with: `whsec_` and 32 bytes in base64 (Plantain). */
export type WebhookSecret = string;

/** A new secret, and until when messages are signed with the old one as well (Plantain). */
export interface RotatedSecretData {
  secret: WebhookSecret;
  previous_secret_expires_at: UnixSeconds;
}

/** One message to one receiver (Plantain). */
export interface WebhookDeliveryData {
  /** Also the header `webhook-id`, however often it is sent. */
  delivery_id: string;
  type: EndpointEventType | 'webhook.test';
  state: 'pending' | 'delivered' | 'failed';
  url: string;
  /** Absent where the task's own `callback_url` is told. */
  webhook_id?: string;
  /** Absent of a test, and of what is told of budgets and keys. */
  task_id?: string;
  /** Unix seconds, as a decimal string: when the event happened. */
  create_time: UnixSeconds;
  /** Since the event, or since the last replay. */
  tries: number;
  /** Unix seconds, as a decimal string; present while it is pending. */
  next_try_at?: UnixSeconds;
  finished_at?: UnixSeconds;
  /** Why it failed for good, a sentence. */
  reason?: string;
  /** Oldest first; present where one delivery is asked for. */
  attempts?: WebhookAttemptData[];
}

/** One call to a receiver (Plantain). */
export interface WebhookAttemptData {
  time: UnixSeconds;
  duration_ms: number;
  /** The HTTP status; absent where there was no answer. */
  status?: number;
  /** Beginning of the receiver's answer, on one line, without what looks like a key. */
  answer?: string;
  /** Why the attempt failed, a sentence. */
  error?: string;
}

/** A page of one's deliveries (Plantain). */
export interface WebhookDeliveriesData {
  /** Newest first. */
  deliveries: WebhookDeliveryData[];
  /** For the next page; `null` on the last. */
  next_cursor: string | null;
}

/** The body that makes an endpoint (Plantain). */
export interface NewWebhookBody {
  url: string;
  /** Without it, the ends of tasks: all but `task.running`. */
  events?: EndpointEventType[];
  /** Up to 500 characters. */
  description?: string;
}

/** The body that changes an endpoint (Plantain). */
export interface WebhookChangeBody extends Partial<NewWebhookBody> {
  /** `true` also switches on one that was switched off because nothing came through. */
  enabled?: boolean;
}

/** The body that says which deliveries are to be sent again (Plantain). Times are Unix seconds. */
export interface WebhookReplayBody {
  webhook_id?: string;
  from: number;
  /** Without it, until now. */
  to?: number;
  /** Without it, both. */
  state?: 'delivered' | 'failed';
}
