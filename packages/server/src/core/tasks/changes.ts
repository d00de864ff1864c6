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

/** Cache of what is known of tasks. Its methods must not throw. */
export interface TaskCache {
  forget(taskId: string): void;
  forgetAll(): void;
}

export interface Changes {
  /** Notifies of the changes of one commit, in their order: all caches, and only then all listeners. */
  notify(changes: readonly Change[]): void;
  /** Says that any task may have changed, as nobody heard of changes for a while: empties all caches, and only then tells who asked for it. */
  missed(): void;
  /** Adds a cache; returns the function that removes it. */
  addCache(cache: TaskCache): () => void;
  /**
   * Calls `listener` on every change, in the order of the commits, and `onMissed` where changes may have been missed; returns the function
   * that ends this. Neither must throw.
   */
  listen(listener: (change: Change) => void, onMissed?: () => void): () => void;
}

/** Creates the changes as this process hears of them. */
export function createLocalChanges(): Changes {
  const caches = new Set<TaskCache>();
  const listeners = new Set<(change: Change) => void>();
  const missing = new Set<() => void>();
  return {
    notify(changes) {
      for (const { taskId } of changes) for (const cache of caches) cache.forget(taskId);
      for (const change of changes) for (const listener of listeners) listener(change);
    },
    missed() {
      for (const cache of caches) cache.forgetAll();
      for (const onMissed of missing) onMissed();
    },
    addCache: (cache) => addTo(caches, cache),
    listen(listener, onMissed = () => {}) {
      // One that is added twice is called twice.
      const stops = [addTo(listeners, (change) => listener(change)), addTo(missing, () => onMissed())];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function addTo<Each>(set: Set<Each>, each: Each): () => void {
  set.add(each);
  return () => set.delete(each);
}
