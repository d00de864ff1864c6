// Port of alerts: what owners and admins are told of budgets and keys by webhooks, each once, whichever server notices it first.

import type { ApiKey } from '../keys/key-store.ts';
import type { Interval } from '../ledger/periods.ts';
import type { Budget, SubjectKind } from '../limits/limits.ts';
import type { AlertEvent } from '../webhooks/webhook.ts';

export interface Alert {
  event: AlertEvent;
  /** Key or owner that it is about. */
  subjectId: string;
  /** Owner whose keys' endpoints are told: that of the key, or the key itself where it has none. */
  ownerId: string;
  /** Occasion that is told once for the event and the subject, such as a period with a share of its budget. */
  occasion: string;
  /** Unix milliseconds. */
  at: number;
  /** Time after which the occasion can't come again. */
  endsAt: number;
  /** `data` of the message, as JSON. */
  data: string;
}

/** Balance of a key or an owner whose interval goes on, of which something is spent or reserved. */
export interface SubjectBalance {
  subjectId: string;
  kind: SubjectKind;
  ownerId: string;
  /** Name of the key or the owner; empty where it has no record. */
  name: string;
  interval: Interval;
  spent: number;
  reserved: number;
  /** Budget of its own; `null` where it has none. */
  budget: Budget | null;
}

export interface AlertStore {
  listUsedBalances(now: number): Promise<SubjectBalance[]>;
  /** Lists keys that are not revoked and expire after `now`, and at or before `by`. */
  listExpiringKeys(range: { now: number; by: number }): Promise<ApiKey[]>;
  /**
   * Stores an alert with its deliveries, to the endpoints of the subject, of its owner's keys and of admin keys that want the event. False where
   * the occasion was told before.
   */
  insertAlert(alert: Alert): Promise<boolean>;
}

/** How long alerts are stored after their occasion has ended, as clocks may differ. */
export const storedAfterEndMs = 24 * 3_600_000;
