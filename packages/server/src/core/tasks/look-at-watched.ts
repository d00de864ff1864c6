// A look each second at what somebody watches, beside the changes that are heard of: where other processes change tasks, a change may be
// heard of late, and nobody waits longer than that.

import { startInterval, type StartTimer } from '../../lib/timers.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { TaskReads } from './task-reads.ts';
import type { Watch } from './watch.ts';

const lookMs = 1_000;

/** Begins to look, where the store is shared; returns the function that ends it. */
export function startLookingAtWatched({
  store: { changeNumbers },
  watch,
  startTimer,
}: {
  store: Pick<TaskReads, 'changeNumbers'>;
  watch: Pick<Watch, 'watched' | 'wake'>;
  startTimer: StartTimer;
}): () => void {
  if (changeNumbers === undefined) return () => {};
  let seen: ReadonlyMap<string, number> = new Map();

  const look = createOneAgain(async () => {
    const { taskIds, keyIds } = watch.watched();
    if (taskIds.length === 0 && keyIds.length === 0) return;
    const before = seen;
    const numbers = await changeNumbers(taskIds, keyIds);
    seen = new Map([...taskIds, ...keyIds].map((id) => [id, numbers.get(id) ?? 0]));
    // A task that was not looked at before may have been read before a change that nobody heard of.
    const isNews = (id: string) => !before.has(id) || before.get(id) !== seen.get(id);
    watch.wake({ taskIds: taskIds.filter(isNews), keyIds: keyIds.filter(isNews) });
  });
  // The store may be away. There is another look in a second.
  return startInterval(startTimer, () => void look().catch(() => {}), lookMs);
}
