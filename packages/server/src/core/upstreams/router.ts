// Port of the router, which chooses the upstream and the credential for a task, and decides if it may be called now. The router learns
// from how calls end; it makes none itself.

import type { TaskFailure } from '../errors.ts';
import type { CallCounts, CallsAsked, Day } from './shared-calls.ts';
import type { Upstream } from './upstream.ts';

/** Need of a task, which a route target must serve. */
export interface Need {
  /** Canonical model name. */
  model: string;
  /** Number of inputs, as `neededInputs` counts them and a mask. */
  inputs: number;
}

/** End of a slot's call. `unused`: no call was made. `stopped`: the task or the server broke it off. */
export type CallEnd =
  | { kind: 'succeeded'; pictures: number }
  | { kind: 'failed'; failure: TaskFailure }
  | { kind: 'unused' | 'stopped' };

/** Permit for one call. It counts against every limit from the moment it is acquired. */
export interface Slot {
  /** Adapter that calls with this credential. */
  readonly upstream: Upstream;
  readonly upstreamName: string;
  /** Label of the credential. */
  readonly credential: string;
  readonly upstreamModel: string;
  /** Marks the slot as used, right before the request is sent. Until then it is only reserved and may be released unused. */
  called(): void;
  /** Releases the slot. Further calls change nothing. */
  release(end: CallEnd): void;
}

/** Reason why tasks wait for a slot. The list is closed. */
export type WaitReason = 'busy' | 'rate_limited' | 'quota' | 'circuit_open';

/** Availability of a slot for a need at this moment. */
export type Availability =
  | { kind: 'open' }
  /** No slot now. `until` is the earliest time of one, Unix milliseconds; `null` where one may come free at any time. */
  | { kind: 'waiting'; reason: WaitReason; until: number | null; message: string }
  /** No slot until the operator changes something. */
  | { kind: 'blocked'; failure: TaskFailure };

/** True for a route target that a task must not go to. */
export type Avoid = (slot: { upstreamName: string; credential: string }) => boolean;

/**
 * Limits that hold over all processes which share a database. The calls of others are known as of the last time that they were learned; those
 * of the tasks that are held here are counted here.
 */
export interface SharedLimits extends CallsAsked {
  /** True for a slot whose call counts against such a limit. */
  isCounted(slot: Slot): boolean;
  /** Learns the counts, and gives those of these slots, acquired here and in no count, for which there is room. */
  admit(slots: readonly Slot[], counts: readonly CallCounts[]): ReadonlySet<Slot>;
  learn(counts: readonly CallCounts[]): void;
  /** Gives the days of upstreams whose calls of a day nobody limits, and which the store does not count in a take. */
  unlimitedDays(): readonly Day[];
  /** Learns the calls of these days. */
  learnDays(counts: readonly CallCounts[]): void;
  /** When the counts were learned, Unix milliseconds, where they hold back calls of this process; else `null`. */
  heldBackSince(): number | null;
  /** Counts the calls of a task here from now on; returns the function that ends it. */
  hold(taskId: string): () => void;
}

export interface Router {
  /** There where several processes make calls. */
  readonly shared?: SharedLimits;
  /** Acquires a slot, by the order and the weights of the model's routes; `null` when there is none now. */
  acquire(need: Need, avoid?: Avoid): Slot | null;
  /**
   * Acquires a slot for an operation that is under way. It counts as in flight, but no limit refuses it. `null` when this upstream or
   * this credential is no longer in the settings.
   */
  resume(operation: { upstreamName: string; credential: string; upstreamModel: string }): Slot | null;
  /** Finds the availability for a need. Route targets that `avoid` names are left out of account. */
  availability(need: Need, avoid?: Avoid): Availability;
  /** Calls `listener` whenever slots may have come free; returns the function that ends it. */
  onOpened(listener: () => void): () => void;
}
