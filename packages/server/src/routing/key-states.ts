// States of keys, as they are learned here and in other processes, and the operator's word that ends all pauses.

import type { KeyStates } from '../core/upstreams/follow-key-states.ts';
import type { ToldState } from '../core/upstreams/key-states.ts';
import type { Clock } from '../lib/clock.ts';
import type { UpstreamUse } from './route-target.ts';

export interface LearnedStates {
  tell(told: ToldState): void;
  onLearned: KeyStates['onLearned'];
}

export function createLearnedStates(): LearnedStates {
  const listeners = new Set<(told: ToldState) => void>();
  return {
    tell(told) {
      for (const listener of listeners) listener(told);
    },
    onLearned(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `onChanged` follows whatever may have opened or closed a way to an upstream. */
export function createKeyStates(
  uses: ReadonlyMap<string, UpstreamUse>,
  { learned, clock, onChanged }: { learned: LearnedStates; clock: Clock; onChanged: () => void },
): KeyStates & { unpause(upstreamName: string): boolean } {
  function unpauseAll({ credentials }: UpstreamUse): void {
    for (const credential of credentials) credential.unpause();
  }

  function adoptOne({ upstream, credential: label, fingerprint, state }: ToldState): void {
    const use = uses.get(upstream);
    if (use === undefined) return;
    if (state.kind === 'unpaused') return unpauseAll(use);
    use.credentials.find((each) => each.label === label && each.fingerprint === fingerprint)?.adopt(state);
  }

  return {
    onLearned: learned.onLearned,
    adopt(states) {
      for (const told of states) adoptOne(told);
      onChanged();
    },
    unpause(upstreamName) {
      const use = uses.get(upstreamName);
      if (use === undefined) return false;
      unpauseAll(use);
      learned.tell({
        upstream: upstreamName,
        credential: '',
        fingerprint: '',
        state: { kind: 'unpaused', since: clock.now() },
      });
      onChanged();
      return true;
    },
  };
}
