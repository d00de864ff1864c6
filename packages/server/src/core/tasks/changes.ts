// Commits make changes known here: first every cache forgets what it has of the tasks, then whoever waits for one is notified. A
// notification is a hint: who gets one reads the store.

import type { TaskState } from './task.ts';

export interface Change {
  taskId: string;
  /** The task's owner. */
  keyId: string;
  state: TaskState;
  /** True where the change is the wish to cancel the running task. */
  cancelRequested?: boolean;
}

export interface Changes {
  /** Makes the changes of one commit known, in their order: to all caches, and only then to all listeners. */
  notify(changes: readonly Change[]): void;
  /** Registers a cache; returns the function that ends it. `forget` must not throw. */
  addCache(forget: (taskId: string) => void): () => void;
  /** Calls `listener` on every change, in the order of the commits; returns the function that ends it. Must not throw. */
  listen(listener: (change: Change) => void): () => void;
}

/** Changes within one process. */
export function createLocalChanges(): Changes {
  const caches = new Set<(taskId: string) => void>();
  const listeners = new Set<(change: Change) => void>();
  return {
    notify(changes) {
      for (const { taskId } of changes) for (const forget of caches) forget(taskId);
      for (const change of changes) for (const listener of listeners) listener(change);
    },
    addCache: (forget) => addTo(caches, forget),
    listen: (listener) => addTo(listeners, listener),
  };
}

function addTo<Each>(set: Set<Each>, each: Each): () => void {
  set.add(each);
  return () => set.delete(each);
}
