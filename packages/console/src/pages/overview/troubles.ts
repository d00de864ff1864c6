// Troubles that an operator has to look after now; they stand above all numbers.

import type { OverviewDisk, UpstreamData, UpstreamKeyState } from '@plantain/client';

/** `states`: of those keys of an upstream that can't be used now; `of` how many it has. */
export type Trouble =
  | { kind: 'disk_full' | 'disk_low' }
  | { kind: 'upstream'; upstream: string; states: UpstreamKeyState[]; of: number };

const bad = new Set<UpstreamKeyState>(['paused', 'circuit_open']);

/** Less than this many times the room that has to stay free is little. */
const lowTimes = 2;

export function diskState({ free_bytes: free, min_free_bytes: min }: OverviewDisk): 'ok' | 'low' | 'full' {
  if (free < min) return 'full';
  return free < lowTimes * min ? 'low' : 'ok';
}

/** Lists an upstream once, however many of its keys are paused or open. */
export function troublesOf(disk: OverviewDisk, upstreams: readonly UpstreamData[]): Trouble[] {
  const state = diskState(disk);
  const ofDisk: Trouble[] = state === 'ok' ? [] : [{ kind: `disk_${state}` }];
  return [
    ...ofDisk,
    ...upstreams.flatMap(({ name, keys }): Trouble[] => {
      const states = keys.map((key) => key.state).filter((each) => bad.has(each));
      return states.length === 0 ? [] : [{ kind: 'upstream', upstream: name, states, of: keys.length }];
    }),
  ];
}
