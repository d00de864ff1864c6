// The port to whoever decides where a task goes: which upstream, with which of its keys, and whether now.
// It learns from how calls end; it never calls anything itself.

import type { TaskFailure } from '../errors.ts';
import type { Upstream } from './upstream.ts';

/** Demands of a task on the slot that serves it. */
export interface Need {
  /** Canonical model name. */
  model: string;
  /** How many input pictures it has. */
  inputs: number;
}

/** How a call at a slot ended; `unused` where none was made, `stopped` where it was broken off for reasons of the task or the server. */
export type CallEnd =
  | { kind: 'succeeded'; pictures: number }
  | { kind: 'failed'; failure: TaskFailure }
  | { kind: 'unused' | 'stopped' };

/** The right to make one call. It counts against every limit from the moment it is given. */
export interface Slot {
  /** The adapter, which calls with this credential. */
  readonly upstream: Upstream;
  /** The upstream's name in the settings. */
  readonly upstreamName: string;
  /** The label of the key. */
  readonly credential: string;
  readonly upstreamModel: string;
  /** To be told right before the call is made. Until then the slot may be given back, so nobody counts on its being used. */
  called(): void;
  /** The second time and all later ones change nothing. */
  release(end: CallEnd): void;
}

/** Why tasks of a model wait. The list is closed. */
export type WaitReason = 'busy' | 'rate_limited' | 'quota' | 'circuit_open';

/** Availability of a model to its tasks at this moment. */
export type Availability =
  | { kind: 'open' }
  /** `until` in Unix milliseconds: no slot before then; `null` where a slot may come free at any time. */
  | { kind: 'waiting'; reason: WaitReason; until: number | null; message: string }
  /** Nothing will serve it until the operator does something. */
  | { kind: 'blocked'; failure: TaskFailure };

/** Whether a task is not to be sent there. */
export type Avoid = (slot: { upstreamName: string; credential: string }) => boolean;

export interface Router {
  /** A slot for a task, by the order and the weights of the model's routes; `null` when there is none now. */
  acquire(need: Need, avoid?: Avoid): Slot | null;
  /**
   * A slot for taking up an operation that is under way: it counts as in flight but no limit stops it. `null` when this upstream
   * or this key is no longer in the settings.
   */
  resume(operation: { upstreamName: string; credential: string; upstreamModel: string }): Slot | null;
  /** With `avoid`, as though there were nothing of what it names. */
  availability(need: Need, avoid?: Avoid): Availability;
  /** Calls `listener` whenever slots may have come free; returns the function that ends it. */
  onOpened(listener: () => void): () => void;
}
