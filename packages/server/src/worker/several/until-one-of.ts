// Waits of a run for several pictures: for the end of a call, and while more can be begun, for room or the time of the next.

import type { SeveralDependencies } from './call-room.ts';

/** Longest timer that the platform has. */
const maxTimerMs = 2 ** 31 - 1;

export async function untilOneOf(
  { clock, startTimer, room, router }: Pick<SeveralDependencies, 'clock' | 'startTimer' | 'room' | 'router'>,
  {
    calls,
    nextAt,
    isOver,
    signal,
  }: { calls: Iterable<Promise<void>>; nextAt: number; isOver: boolean; signal: AbortSignal },
): Promise<void> {
  const woken = Promise.withResolvers<void>();
  const stops: (() => void)[] = [];
  if (!isOver) {
    stops.push(room.onRoom(woken.resolve), router.onOpened(woken.resolve));
    if (nextAt !== Number.POSITIVE_INFINITY)
      stops.push(startTimer(woken.resolve, Math.min(maxTimerMs, Math.max(0, nextAt - clock.now()))));
    const onAbort = () => woken.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    stops.push(() => signal.removeEventListener('abort', onAbort));
  }
  await Promise.race([...calls, woken.promise]);
  for (const stop of stops) stop();
}
