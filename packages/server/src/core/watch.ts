// Tells who waits for one task, or for all tasks of a key, that something changed. One listener stands before all of them, so that
// a change costs nothing to those who wait for others.

import type { Change, Changes } from './changes.ts';

export interface Watch {
  /** Calls `told` on each change of this task; returns the function that ends it. `told` must not throw. */
  task(taskId: string, told: () => void): () => void;
  /** The same for every task of a key. */
  key(keyId: string, told: () => void): () => void;
}

/** `keyOf` gives the key of a task, `undefined` of one that is gone; it is asked only while someone watches a key. */
export function createWatch(changes: Changes, keyOf: (taskId: string) => string | undefined): Watch {
  const byTask = new Map<string, Set<() => void>>();
  const byKey = new Map<string, Set<() => void>>();

  changes.listen(({ taskId }: Change) => {
    tell(byTask.get(taskId)?.values());
    if (byKey.size > 0) tell(byKey.get(ownerOf(taskId) ?? '')?.values());
  });

  /** Nobody where the store can't be read: what is told came after a write that succeeded, and must not make it look like a failure. */
  function ownerOf(taskId: string): string | undefined {
    try {
      return keyOf(taskId);
    } catch {
      return undefined;
    }
  }

  return {
    task: (taskId, told) => add(byTask, taskId, told),
    key: (keyId, told) => add(byKey, keyId, told),
  };
}

/** After so many others have their turn: telling one, and sending its answer, takes about 100 microseconds. */
const toldAtOnce = 50;

/** Who leaves meanwhile is not told, and who comes meanwhile may be. */
function tell(watchers: Iterator<() => void> | undefined): void {
  for (let told = 0; told < toldAtOnce; told += 1) {
    const next = watchers?.next();
    if (next === undefined || next.done === true) return;
    next.value();
  }
  setImmediate(tell, watchers);
}

function add(all: Map<string, Set<() => void>>, id: string, told: () => void): () => void {
  const watchers = all.get(id) ?? new Set();
  all.set(id, watchers.add(told));
  return () => {
    if (watchers.delete(told) && watchers.size === 0) all.delete(id);
  };
}
