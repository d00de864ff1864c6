// Limits of an owner or a key. Each is absent where nothing is limited.

/** Limits as they are stored. All are whole numbers of at least 0. */
export interface Limits {
  /** Submits in a minute. */
  submitsPerMinute?: number;
  /** Other calls in a minute. */
  queriesPerMinute?: number;
  /** Tasks that run at once. */
  running?: number;
  /** Tasks that wait at once. */
  waiting?: number;
  /** Pictures asked for in a day, of tasks that did not fail. A day is one of UTC, or of the budget's time zone. */
  picturesPerDay?: number;
  /** Bytes of stored pictures, results and uploads. */
  storedBytes?: number;
  /** Sum reserved at once for tasks that have not ended, micro-dollars. */
  reservedMicroUsd?: number;
}

export const budgetPeriods = ['day', 'month', 'total'] as const;

/** Sum that may be spent in each period. */
export interface Budget {
  period: (typeof budgetPeriods)[number];
  amountMicroUsd: number;
  /** IANA name of the zone in which a day or a month begins, such as `Europe/Berlin`. */
  timeZone: string;
}

/** Kind of the subject whose limits they are. */
export type SubjectKind = 'owner' | 'key';

/** Limits and budget of an owner or a key, as the store has them. */
export interface Limited {
  limits: Limits;
  budget: Budget | null;
}
