// Whether an upstream, or a key of it, can be used now: in a word, and its colour.

import type { UpstreamKeyData, UpstreamKeyState } from '@plantain/client';
import { useWords } from '../../words/words.ts';
import { overviewWords } from './words.ts';

const tones = {
  available: 'good',
  limited: 'warn',
  probing: 'warn',
  circuit_open: 'bad',
  paused: 'bad',
} as const;

export function KeyState({ state }: { state: UpstreamKeyState }) {
  const say = useWords(overviewWords);
  return (
    <span className="badge" data-state={tones[state]}>
      {say(`state_${state}`)}
    </span>
  );
}

/** The state of its keys where all have the same, and else how many are available. */
export function UpstreamState({ keys }: { keys: readonly UpstreamKeyData[] }) {
  const say = useWords(overviewWords);
  const [first, ...others] = keys;
  if (first === undefined) return null;
  if (others.every(({ state }) => state === first.state)) return <KeyState state={first.state} />;
  const count = keys.filter(({ state }) => state === 'available').length;
  return (
    <span className="badge" data-state={count === 0 ? 'bad' : 'warn'}>
      {say('keysAvailable', { count, of: keys.length })}
    </span>
  );
}
