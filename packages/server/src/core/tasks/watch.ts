// Tells who waits for one task, or for all tasks of a key, that something changed. One listener stands before all of them, so that
// a change costs nothing to those who wait for others.

import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { Changes } from './changes.ts';

export interface Watch {
  /**
   * Calls `told` on each change of this task, or once for several; returns the function that ends it. `told` must not throw. Telling
   * one, and sending its answer, takes about 100 microseconds: where many are to be told, others have their turn in between.
   */
  task(taskId: string, told: () => void): () => void;
  /** As `task` does, for every task of a key. */
  key(keyId: string, told: () => void): () => void;
}

export function createWatch(changes: Changes, queue: LoopQueue = createLoopQueue()): Watch {
  const byTask = createGroups(queue);
  const byKey = createGroups(queue);

  changes.listen(({ taskId, keyId }) => {
    byTask.tell(taskId);
    byKey.tell(keyId);
  });

  return {
    task: (taskId, told) => byTask.add(taskId, told),
    key: (keyId, told) => byKey.add(keyId, told),
  };
}

interface Group {
  watchers: Set<() => void>;
  tell: () => void;
}

/** Watchers by what they watch. */
function createGroups(queue: LoopQueue) {
  const groups = new Map<string, Group>();
  function createGroup(): Group {
    const watchers = new Set<() => void>();
    const tell = () => {
      for (const told of watchers) queue.soon(told);
    };
    return { watchers, tell };
  }
  return {
    tell(id: string): void {
      const group = groups.get(id);
      if (group === undefined) return;
      // A commit may have a thousand changes, of which all these would be told.
      if (queue.isBusy) queue.later(group.tell);
      else group.tell();
    },
    add(id: string, given: () => void): () => void {
      const group = groups.get(id) ?? createGroup();
      groups.set(id, group);
      // One that is given twice is told twice.
      const told = () => given();
      group.watchers.add(told);
      return () => {
        queue.drop(told);
        if (group.watchers.delete(told) && group.watchers.size === 0) groups.delete(id);
      };
    },
  };
}
