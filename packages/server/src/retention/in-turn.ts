// A sweep that several servers would do, done by one of them at a time: it claims the turn, and again and again while it sweeps. When it
// dies, its claim ends by itself.

import type { Clock } from '../lib/clock.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';

/** Claims the turn until a time (Unix milliseconds). False where another server has it. */
export type ClaimTurn = (until: number) => Promise<boolean>;

/** How long a turn of a server that died is nobody else's. */
const holdMs = 3 * 60_000;

/** Sweeps if it is this server's turn, which nobody has again for `restMs` after a whole sweep. `sweep` ends soon where its signal aborts. */
export async function inTurn<Swept extends object>(
  { claim, clock, startTimer }: { claim: ClaimTurn; clock: Clock; startTimer: StartTimer },
  { stopping, restMs }: { stopping: AbortSignal; restMs: number },
  sweep: (stopping: AbortSignal) => Promise<Swept>,
): Promise<Partial<Swept>> {
  const hold = () => claim(clock.now() + holdMs);
  if (!(await hold())) return {};
  const lost = new AbortController();
  async function holdOn(): Promise<void> {
    // Where the store is away, the turn may be kept all the same: two that sweep do no harm.
    if (!(await hold().catch(() => true))) lost.abort();
  }
  const stopHolding = startInterval(startTimer, () => void holdOn(), holdMs / 3);
  let nextAt = clock.now();
  try {
    const swept = await sweep(AbortSignal.any([stopping, lost.signal]));
    if (!stopping.aborted) nextAt = clock.now() + restMs;
    return swept;
  } finally {
    stopHolding();
    if (!lost.signal.aborted) await claim(nextAt);
  }
}
