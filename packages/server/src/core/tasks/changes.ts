// Who waits for a task is told here that it changed. It is a hint: whoever hears it reads the store.

import type { TaskState } from './task.ts';

export interface Change {
  taskId: string;
  state: TaskState;
  /** True where the change is the wish to cancel the running task. */
  cancelRequested?: boolean;
}

export interface Changes {
  tell(change: Change): void;
  /** Calls `listener` on every change, in the order of the commits; returns the function that ends it. Must not throw. */
  listen(listener: (change: Change) => void): () => void;
}

/** Changes within one process. */
export function createLocalChanges(): Changes {
  const listeners = new Set<(change: Change) => void>();
  return {
    tell(change) {
      for (const listener of listeners) listener(change);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
