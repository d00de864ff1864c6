// Changes of tasks, notified after each commit: first every cache drops the tasks, then listeners are called. A change is a hint: its
// listener reads the store.

import type { TaskState } from './task.ts';

export interface Change {
  taskId: string;
  /** The task's owner. */
  keyId: string;
  state: TaskState;
  /** True where the change is a request to cancel the running task. */
  cancelRequested?: boolean;
}

export interface Changes {
  /** Notifies of the changes of one commit, in their order: all caches, and only then all listeners. */
  notify(changes: readonly Change[]): void;
  /** Adds a cache; returns the function that removes it. `forget` must not throw. */
  addCache(forget: (taskId: string) => void): () => void;
  /** Calls `listener` on every change, in the order of the commits; returns the function that ends this. `listener` must not throw. */
  listen(listener: (change: Change) => void): () => void;
}

/** Creates the changes of a single process. */
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
