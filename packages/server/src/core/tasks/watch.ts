// Tells who waits for one task, or for all tasks of a key, that something changed. One listener stands before all of them, so that
// a change costs nothing to those who wait for others.

import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { Changes } from './changes.ts';

export interface Watch {
  /**
   * Calls `notify` on each change of this task, or once for several; returns the function that ends it. `notify` must not throw. Telling
   * one, and sending its answer, takes about 100 microseconds: where many are to be told, others have their turn in between.
   */
  task(taskId: string, notify: () => void): () => void;
  /** As `task` does, for every task of a key. */
  key(keyId: string, notify: () => void): () => void;
}

export function createWatch(changes: Changes, queue: LoopQueue = createLoopQueue()): Watch {
  const byTask = createGroups(queue);
  const byKey = createGroups(queue);

  changes.listen(({ taskId, keyId }) => {
    byTask.notifyAll(taskId);
    byKey.notifyAll(keyId);
  });

  return {
    task: (taskId, notify) => byTask.add(taskId, notify),
    key: (keyId, notify) => byKey.add(keyId, notify),
  };
}

interface Group {
  watchers: Set<() => void>;
  notifyAll: () => void;
}

/** Watchers by what they watch. */
function createGroups(queue: LoopQueue) {
  const groups = new Map<string, Group>();
  function createGroup(): Group {
    const watchers = new Set<() => void>();
    const notifyAll = () => {
      for (const notify of watchers) queue.soon(notify);
    };
    return { watchers, notifyAll };
  }
  return {
    notifyAll(id: string): void {
      const group = groups.get(id);
      if (group === undefined) return;
      // A commit may have a thousand changes, of which all these would be told.
      if (queue.isBusy) queue.later(group.notifyAll);
      else group.notifyAll();
    },
    add(id: string, given: () => void): () => void {
      const group = groups.get(id) ?? createGroup();
      groups.set(id, group);
      // One that is given twice is told twice.
      const notify = () => given();
      group.watchers.add(notify);
      return () => {
        queue.drop(notify);
        if (group.watchers.delete(notify) && group.watchers.size === 0) groups.delete(id);
      };
    },
  };
}
