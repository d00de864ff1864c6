// Port of the webhook store: endpoints with the events that they want, and deliveries with their attempts. A change of a task and the
// deliveries about it are written in one transaction, so no method here inserts those.

import type { Claim } from '../tasks/task-retention.ts';
import type { EndpointEvent, testEvent } from './webhook.ts';

/**
 * Failures further apart are not in a row. The tries of one delivery are at most five hours apart, so that an endpoint that is told of something
 * goes on failing, while one failure now and one a week later say nothing of the time between.
 */
export const failuresApartMs = 24 * 3_600_000;

export interface WebhookEndpoint {
  id: string;
  /** Owning API key. */
  keyId: string;
  url: string;
  events: readonly EndpointEvent[];
  description: string;
  /** Unix milliseconds, as all times here. */
  createdAt: number;
  /**
   * Time since which deliveries have failed one after the other; `null` where the last one succeeded. After a failure and a day without one it
   * is counted anew.
   */
  failingSince: number | null;
  disabledAt: number | null;
  /** Reason, a sentence; set when `disabledAt` is. */
  disabledReason: string | null;
}

export interface EndpointChange {
  url?: string;
  events?: readonly EndpointEvent[];
  description?: string;
  enabled?: boolean;
}

export interface WebhookSecret {
  secret: string;
  createdAt: number;
  /** Time after which a replaced secret is not used any more; `null` for the current one. */
  expiresAt: number | null;
}

export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface WebhookDelivery {
  id: string;
  keyId: string;
  /** Endpoint of the delivery; `null` for a task's own `callback_url`. */
  endpointId: string | null;
  /** Task of the event; `null` for a test and for an alert. */
  taskId: string | null;
  /** `data` of the message of an alert or a deletion, as JSON; `null` for all else, whose data is made when it is sent. */
  data: string | null;
  event: EndpointEvent | typeof testEvent;
  url: string;
  state: DeliveryState;
  /** Time of the event. */
  createdAt: number;
  /** Start of the retry window: the event, or the last replay. */
  countedFrom: number;
  dueAt: number;
  finishedAt: number | null;
  /** Reason, a sentence; set when `state` is `failed`. */
  reason: string | null;
  tries: number;
}

/** Attempt of a delivery: one call to its receiver. */
export interface WebhookAttempt {
  at: number;
  durationMs: number;
  /** HTTP status; `null` where there was no answer. */
  status: number | null;
  /** Reason of the failure, a sentence; `null` for a success. */
  error: string | null;
  answerStart: string;
}

export interface AttemptRecord {
  deliveryId: string;
  endpointId: string | null;
  attempt: WebhookAttempt;
  next: { state: 'delivered' } | { state: 'pending'; dueAt: number } | { state: 'failed'; reason: string };
  /** Terms for disabling the endpoint after a failure: only if its `failingSince` is at or before this one. */
  switchOff: { failingSince: number; reason: string } | null;
}

export interface DeliveryFilter {
  keyId: string;
  endpointId?: string;
  taskId?: string;
  state?: DeliveryState;
}

export interface WebhookStore {
  /** Inserts an endpoint with its first secret. False when the key has `most` endpoints already. */
  insertEndpoint(endpoint: WebhookEndpoint, secret: string, most: number): Promise<boolean>;
  /** Changes an endpoint. Pending deliveries go to a new URL; disabling ends them. False when there is no such endpoint. */
  changeEndpoint(id: string, change: EndpointChange, at: number): Promise<boolean>;
  /** Deletes an endpoint and ends its pending deliveries. False when there is no such endpoint. */
  deleteEndpoint(id: string, at: number): Promise<boolean>;
  findEndpoint(id: string): Promise<WebhookEndpoint | null>;
  /** Lists a key's endpoints, oldest first. */
  listEndpoints(keyId: string): Promise<WebhookEndpoint[]>;

  /**
   * Stores a first secret, unless there is a current one. The owner of a secret is an endpoint's id, or an API key's for the
   * `callback_url` of its tasks.
   */
  ensureSecret(owner: string, secret: string, at: number): Promise<void>;
  /** Makes `secret` the current one; the one before it is used beside it until `oldExpiresAt`. */
  rotateSecret(owner: string, secret: string, options: { at: number; oldExpiresAt: number }): Promise<void>;
  /** Lists an owner's secrets that have not expired, the current one first; five at most. */
  secretsOf(owner: string, now: number): Promise<WebhookSecret[]>;

  /** Inserts a test delivery, which goes ahead of all others for its host. */
  insertTest(id: string, endpoint: Pick<WebhookEndpoint, 'id' | 'keyId' | 'url'>, at: number): Promise<void>;
  /** Lists hosts after `after` by name that have pending, unclaimed deliveries, each with the time when the first is due. */
  pendingReceivers(options: {
    after: string;
    now: number;
    limit: number;
  }): Promise<{ host: string; dueAt: number }[]>;
  /** Lists API keys after `after` by id that have pending, unclaimed deliveries, each with the time when the first is due. */
  pendingKeys(options: {
    after: string;
    now: number;
    limit: number;
  }): Promise<{ keyId: string; dueAt: number }[]>;
  /** Lists a key's pending, unclaimed deliveries with their hosts, first due first. */
  nextDeliveriesOfKey(options: {
    keyId: string;
    now: number;
    limit: number;
  }): Promise<(WebhookDelivery & { host: string })[]>;
  /** Lists the due, unclaimed deliveries for a host, first due first. */
  dueDeliveries(options: { host: string; now: number; limit: number }): Promise<WebhookDelivery[]>;
  /**
   * Claims a due delivery for an attempt, and gives it as it is then; `null` where another process has claimed it or it is not due any
   * more. The claim ends with the record of the attempt.
   */
  claimDelivery(id: string, claim: Omit<Claim, 'limit'>): Promise<WebhookDelivery | null>;
  /** Ends a claim without an attempt. */
  releaseDelivery(id: string): Promise<void>;
  /** Records an attempt; true where it disabled the endpoint. A delivery that has ended meanwhile is not changed. */
  recordAttempt(record: AttemptRecord): Promise<boolean>;
  findDelivery(id: string): Promise<WebhookDelivery | null>;
  /** Lists the attempts of a delivery, oldest first. */
  attemptsOf(deliveryId: string): Promise<WebhookAttempt[]>;
  /** Lists deliveries, newest first, that come after the cursor `after`. */
  listDeliveries(
    filter: DeliveryFilter & { after?: Pick<WebhookDelivery, 'createdAt' | 'id'>; limit: number },
  ): Promise<WebhookDelivery[]>;
  /** Replays a delivery: it is due at once, as if it were new. False when its endpoint is disabled or deleted. */
  replayDelivery(id: string, at: number): Promise<boolean>;
  /**
   * Replays up to `limit` deliveries in a final state that were created from `from` to `to` and have not been replayed since `at`. Tests
   * are left out. Resolves with their number.
   */
  replayDeliveries(
    filter: Omit<DeliveryFilter, 'taskId'> & { state: 'delivered' | 'failed' } & {
      from: number;
      to: number;
      at: number;
      limit: number;
    },
  ): Promise<number>;
  /** Deletes up to `limit` deliveries that ended at or before `finishedBy`; resolves with their number. */
  deleteFinishedDeliveries(options: { finishedBy: number; limit: number }): Promise<number>;
  deleteExpiredSecrets(now: number): Promise<number>;
}
