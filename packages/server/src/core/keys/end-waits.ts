// Ends what is open by keys that were revoked or have expired, whichever process did it: long polls and streams of events wait for tasks,
// and nothing else would ask for their keys.

import type { Clock } from '../../lib/clock.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import type { KeyStore } from './key-store.ts';

/** A key that is revoked elsewhere has nothing open a second later. */
const lookMs = 500;

/** Begins to look; gives the function that ends it. */
export function startEndingWaits({
  store,
  waits,
  forget,
  clock,
  startTimer,
}: {
  store: Pick<KeyStore, 'endedKeys'>;
  waits: { keyIds(): string[]; endOf(keyId: string): void };
  /** Forgets callers that are believed, so that whoever waited is refused and not answered. */
  forget: () => void;
  clock: Clock;
  startTimer: StartTimer;
}): () => void {
  async function look(): Promise<void> {
    const ids = waits.keyIds();
    if (ids.length === 0) return;
    // While the database is away nothing can be learned, and the next look asks again.
    const ended = await store.endedKeys(ids, clock.now()).catch(() => []);
    if (ended.length > 0) forget();
    for (const id of ended) waits.endOf(id);
  }
  return startInterval(startTimer, () => void look(), lookMs);
}
