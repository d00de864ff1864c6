// Calls that are counted over all processes which share a database. The store counts, under the lock that all takes go through; the router,
// which knows the limits, decides.

/** Calls with one credential. */
export interface CallCounts {
  upstream: string;
  /** Label of the credential. */
  credential: string;
  /** Calls that are open, or set aside for a task whose inputs are being loaded; but for those that the asking process counts itself. */
  open: number;
  /** Calls since the quota of the day began anew, all of them; 0 where that was not asked for. */
  today: number;
}

/** Day of an upstream. */
export interface Day {
  upstream: string;
  /** When its quota began anew, Unix milliseconds. */
  since: number;
}

/** Question how many calls there are. Both are asked right before the calls are counted. */
export interface CallsAsked {
  /** Gives the ids of the tasks whose open calls the asking process counts itself. */
  own(): readonly string[];
  days(): readonly Day[];
}

/** Question whether there is room for calls. */
export interface RoomCheck<Decision> extends CallsAsked {
  /** Decides by the counts. It is called under the lock, and again where the transaction is. */
  decide(counts: readonly CallCounts[]): Decision;
}
