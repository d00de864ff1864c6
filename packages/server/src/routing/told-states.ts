// States of keys as they are told to other processes, whose JSON knows no infinity, and as they are here.

import type { OpenCircuit, PauseState } from '../core/upstreams/key-states.ts';
import { type PauseReason, untilUnpaused } from './block-reason.ts';
import type { Pause } from './pauses.ts';

export function toPauseState({ model, reason, until, failure }: Pause, since: number): PauseState {
  return { kind: 'pause', model, reason, since, until: until === untilUnpaused ? null : until, failure };
}

export function toPause({ model, reason, until, failure }: PauseState): Pause {
  return { model, reason: reason as PauseReason, until: until ?? untilUnpaused, failure };
}

export function toOpenCircuit({ since, until, lastsMs }: Omit<OpenCircuit, 'kind'>): OpenCircuit {
  return { kind: 'circuit_open', since, until, lastsMs };
}
