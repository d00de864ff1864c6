// Whether somebody still waits for the task of a try. A node knows it of its own calls; of another node's it knows that they last as long as
// that node shows signs of life.

import { isLive, type Node } from '../../core/nodes/nodes.ts';
import type { KeptTry } from '../../core/repeats/tries.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TryHolds } from './try-holds.ts';

/** `given`: its client has it. `unsure`: it is held by a node that may have ended just now. */
export type TryState = 'free' | 'held' | 'given' | 'unsure';

/** Time within which a node that lives shows a sign of life: its heartbeats come every 2 seconds. */
const silentMs = 3_000;

export interface StateParts {
  holds: Pick<TryHolds, 'endOf'>;
  /** This node, and the list of all that were there of late. */
  nodes: { id: string; list: () => Promise<Pick<Node, 'id' | 'heartbeatAt'>[]> };
  clock: Clock;
}

/** Gives the states of tries for one that arrived at `since` (Unix milliseconds). */
export async function statesOf(
  { holds, nodes, clock }: StateParts,
  found: readonly KeptTry[],
  since: number,
): Promise<(kept: KeptTry) => TryState> {
  const isElsewhere = found.some(({ heldBy }) => heldBy !== null && heldBy !== nodes.id);
  const others = isElsewhere ? await nodes.list() : [];
  const now = clock.now();
  return (kept) => {
    if (kept.heldBy === null) return 'free';
    if (kept.heldBy === nodes.id) {
      const end = holds.endOf(kept);
      if (end === undefined) return 'held';
      return end.isGiven ? 'given' : 'free';
    }
    const holder = others.find(({ id }) => id === kept.heldBy);
    if (holder === undefined || !isLive(holder, since)) return 'free';
    if (holder.heartbeatAt >= since) return 'held';
    return now - since < silentMs ? 'unsure' : 'free';
  };
}
