// States of upstreams' keys that all processes on a database share: what the calls of one of them taught is true for all.

import type { TaskFailure } from '../errors.ts';

/** A pause of a key. */
export interface PauseState {
  kind: 'pause';
  /** The upstream's name of the model; `null` for all models. */
  model: string | null;
  reason: string;
  since: number;
  /** Unix milliseconds; `null` where only the operator ends it. */
  until: number | null;
  /** The cause, as the task that met it failed. */
  failure: TaskFailure;
}

/** An open circuit of a key. */
export interface OpenCircuit {
  kind: 'circuit_open';
  since: number;
  until: number;
  lastsMs: number;
}

export type KeyState =
  | PauseState
  | OpenCircuit
  | { kind: 'circuit_closed'; since: number }
  /** The operator has ended all pauses of the upstream. */
  | { kind: 'unpaused'; since: number };

/** State of one key, or of an upstream, then with an empty credential. */
export interface ToldState {
  upstream: string;
  /** Label of the credential. */
  credential: string;
  /** Tells a key from another one that has had its label. */
  fingerprint: string;
  state: KeyState;
}

export interface StoredState extends ToldState {
  /** Higher than that of any state that was told before. */
  number: number;
}

/** Only of a store that processes share. */
export interface KeyStateStore {
  /** Stores states in the place of those before; of pauses the later end counts. */
  tellKeyStates?(states: readonly ToldState[]): Promise<void>;
  /** Reads all states in the order of their numbers. */
  readKeyStates?(): Promise<StoredState[]>;
}
