// Shares the connections among the hosts that are called: so many at once, and so many for each address. A free one goes to
// the address that has the fewest, so whoever is slow at one address holds up others at that address only.

import { untilAborted } from '../lib/abort.ts';
import { createCounts } from '../lib/counts.ts';

export interface Slots {
  /** Waits for a slot and returns what gives it back. Rejects with the signal's reason, and then holds none. */
  take(address: string, signal: AbortSignal): Promise<() => void>;
}

interface Waiter {
  address: string;
  start: () => void;
}

export function createSlots({ atOnce, perAddress }: { atOnce: number; perAddress: number }): Slots {
  const held = createCounts();
  /** In the order of their arrival. */
  const waiting = new Set<Waiter>();
  let free = atOnce;

  function hold(address: string, change: 1 | -1): void {
    free -= change;
    held.add(address, change);
  }

  /** The one whose address holds the fewest; of those with equally few the first that came. */
  function next(): Waiter | undefined {
    let best: Waiter | undefined;
    let fewest = perAddress;
    for (const waiter of waiting) {
      const count = held.of(waiter.address);
      if (count >= fewest) continue;
      best = waiter;
      fewest = count;
      if (fewest === 0) break;
    }
    return best;
  }

  function startWaiting(): void {
    for (let waiter = next(); free > 0 && waiter; waiter = next()) {
      waiting.delete(waiter);
      hold(waiter.address, 1);
      waiter.start();
    }
  }

  return {
    async take(address, signal) {
      signal.throwIfAborted();
      const started = Promise.withResolvers<void>();
      const waiter: Waiter = { address, start: started.resolve };
      const giveBack = () => {
        hold(address, -1);
        startWaiting();
      };
      waiting.add(waiter);
      startWaiting();
      try {
        await untilAborted(started.promise, signal);
      } catch (error) {
        // Not waiting any more means that it was started in the moment of the abort.
        if (!waiting.delete(waiter)) giveBack();
        throw error;
      }
      return giveBack;
    },
  };
}
