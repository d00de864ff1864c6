// The port to webhooks: who wants to be told what, and every delivery with its attempts. Deliveries of tasks are written by the
// store itself, with the change that they tell of; so there is no write here that makes one.

import type { Claim } from '../tasks/task-retention.ts';
import type { testEvent, WebhookEvent } from './webhook.ts';

export interface WebhookEndpoint {
  id: string;
  /** The API key whose tasks it is told of; the only one that may see it. */
  keyId: string;
  url: string;
  events: readonly WebhookEvent[];
  description: string;
  /** Unix milliseconds, as all times here. */
  createdAt: number;
  /** Since when no delivery has succeeded; `null` where the last one did. */
  failingSince: number | null;
  disabledAt: number | null;
  /** A sentence; set when `disabledAt` is. */
  disabledReason: string | null;
}

export interface EndpointChange {
  url?: string;
  events?: readonly WebhookEvent[];
  description?: string;
  enabled?: boolean;
}

export interface WebhookSecret {
  secret: string;
  createdAt: number;
  /** `null` for the current one. */
  expiresAt: number | null;
}

export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface WebhookDelivery {
  id: string;
  keyId: string;
  /** `null` for a task's own `callback_url`. */
  endpointId: string | null;
  /** `null` for a test. */
  taskId: string | null;
  event: WebhookEvent | typeof testEvent;
  url: string;
  state: DeliveryState;
  /** When the event happened. */
  createdAt: number;
  /** The event, or the last replay: from here on tries are counted, and the time that they may take. */
  countedFrom: number;
  dueAt: number;
  finishedAt: number | null;
  /** A sentence; set when `state` is `failed`. */
  reason: string | null;
  tries: number;
}

/** One call to a receiver. */
export interface WebhookAttempt {
  at: number;
  durationMs: number;
  /** `null` where there was no answer. */
  status: number | null;
  /** Why it failed, a sentence; `null` for a success. */
  error: string | null;
  answerStart: string;
}

/** An attempt and what it means for its delivery and its endpoint. */
export interface AttemptRecord {
  deliveryId: string;
  endpointId: string | null;
  attempt: WebhookAttempt;
  next: { state: 'delivered' } | { state: 'pending'; dueAt: number } | { state: 'failed'; reason: string };
  /** Of a failure: the endpoint is switched off if it has failed since then or longer. */
  switchOff: { failingSince: number; reason: string } | null;
}

export interface DeliveryFilter {
  keyId: string;
  endpointId?: string;
  taskId?: string;
  state?: DeliveryState;
}

export interface WebhookStore {
  /** Stores it with its first secret. False when the key has `most` endpoints already. */
  insertEndpoint(endpoint: WebhookEndpoint, secret: string, most: number): Promise<boolean>;
  /** Deliveries that wait follow a new URL; switching off ends them. False when there is no such endpoint. */
  changeEndpoint(id: string, change: EndpointChange, at: number): Promise<boolean>;
  /** Ends its deliveries that wait. False when there is no such endpoint. */
  deleteEndpoint(id: string, at: number): Promise<boolean>;
  findEndpoint(id: string): Promise<WebhookEndpoint | null>;
  /** Oldest first. */
  listEndpoints(keyId: string): Promise<WebhookEndpoint[]>;

  /** `owner`: an endpoint's id, or a key's for its tasks' own `callback_url`. Keeps the current secret where there is one. */
  ensureSecret(owner: string, secret: string, at: number): Promise<void>;
  /** Makes `secret` the current one; what was current is believed until `oldExpiresAt`. */
  rotateSecret(owner: string, secret: string, options: { at: number; oldExpiresAt: number }): Promise<void>;
  /** Secrets that have not expired, the current one first; five at most. */
  secretsOf(owner: string, now: number): Promise<WebhookSecret[]>;

  /** Makes a delivery that goes ahead of all others for its host. */
  insertTest(id: string, endpoint: Pick<WebhookEndpoint, 'id' | 'keyId' | 'url'>, at: number): Promise<void>;
  /** Hosts behind `after` that deliveries wait for, by name, each with the time when its first one is due. Claimed ones do not count here and below. */
  pendingReceivers(options: {
    after: string;
    now: number;
    limit: number;
  }): Promise<{ host: string; dueAt: number }[]>;
  /** Keys behind `after` whose deliveries wait, by id, each with the time when its first one is due. */
  pendingKeys(options: {
    after: string;
    now: number;
    limit: number;
  }): Promise<{ keyId: string; dueAt: number }[]>;
  /** Deliveries that wait, first due first, each with the host that it waits for. */
  nextDeliveriesOfKey(options: {
    keyId: string;
    now: number;
    limit: number;
  }): Promise<(WebhookDelivery & { host: string })[]>;
  /** First due first. */
  dueDeliveries(options: { host: string; now: number; limit: number }): Promise<WebhookDelivery[]>;
  /**
   * Claims a delivery that waits and is due, to make an attempt; gives it as it is then. `null` where it is somebody else's. The claim ends
   * with the record of the attempt.
   */
  claimDelivery(id: string, claim: Omit<Claim, 'limit'>): Promise<WebhookDelivery | null>;
  /** Ends a claim of which no attempt came. */
  releaseDelivery(id: string): Promise<void>;
  /** Resolves with whether the endpoint was switched off by it. A delivery that has ended meanwhile stays as it is. */
  recordAttempt(record: AttemptRecord): Promise<boolean>;
  findDelivery(id: string): Promise<WebhookDelivery | null>;
  /** Oldest first. */
  attemptsOf(deliveryId: string): Promise<WebhookAttempt[]>;
  /** Newest first; from behind `after` on. */
  listDeliveries(
    filter: DeliveryFilter & { after?: Pick<WebhookDelivery, 'createdAt' | 'id'>; limit: number },
  ): Promise<WebhookDelivery[]>;
  /** Makes it due at once, as if it were new. False when its endpoint is switched off or gone. */
  replayDelivery(id: string, at: number): Promise<boolean>;
  /**
   * Replays up to `limit` deliveries in this state that were made in `from` to `to` and not replayed since `at`; without
   * tests. Resolves with how many.
   */
  replayDeliveries(
    filter: Omit<DeliveryFilter, 'taskId'> & { state: 'delivered' | 'failed' } & {
      from: number;
      to: number;
      at: number;
      limit: number;
    },
  ): Promise<number>;
  /** Deletes up to `limit` that ended at or before `finishedBy`. Resolves with how many. */
  deleteFinishedDeliveries(options: { finishedBy: number; limit: number }): Promise<number>;
  deleteExpiredSecrets(now: number): Promise<number>;
}
