// Watches on one task or on all tasks of a key. A single listener of the changes serves all of them, so that a change costs nothing for
// watchers of other tasks.

import { createLoopQueue, type LoopQueue } from '../../lib/turns/loop-queue.ts';
import type { Changes } from './changes.ts';

export interface Watch {
  /**
   * Calls `notify` on each change of this task, or once for several; returns the function that ends the watch. `notify` must not throw.
   * A call and the answer that it sends take about 100 microseconds, so many calls are spread over turns of the event loop.
   */
  task(taskId: string, notify: () => void): () => void;
  /** Calls `notify` on each change of any task of a key, as `task` does for one. */
  key(keyId: string, notify: () => void): () => void;
  /** Lists the tasks and the keys that are watched. */
  watched(): { taskIds: string[]; keyIds: string[] };
  /** Notifies who watches these, as a change does. */
  wake(watched: { taskIds: readonly string[]; keyIds: readonly string[] }): void;
}

export function createWatch(changes: Changes, queue: LoopQueue = createLoopQueue()): Watch {
  const byTask = createGroups(queue);
  const byKey = createGroups(queue);

  const watched = () => ({ taskIds: byTask.ids(), keyIds: byKey.ids() });
  function wake({ taskIds, keyIds }: { taskIds: readonly string[]; keyIds: readonly string[] }): void {
    for (const id of taskIds) byTask.notifyAll(id);
    for (const id of keyIds) byKey.notifyAll(id);
  }
  changes.listen(
    ({ taskId, keyId }) => {
      byTask.notifyAll(taskId);
      byKey.notifyAll(keyId);
    },
    () => wake(watched()),
  );

  return {
    watched,
    wake,
    task: (taskId, notify) => byTask.add(taskId, notify),
    key: (keyId, notify) => byKey.add(keyId, notify),
  };
}

interface Group {
  watchers: Set<() => void>;
  notifyAll: () => void;
}

/** Creates groups of watchers, by the id that they watch. */
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
    ids: () => [...groups.keys()],
    notifyAll(id: string): void {
      const group = groups.get(id);
      if (group === undefined) return;
      // A commit may have a thousand changes, and each would notify this whole group.
      if (queue.isBusy) queue.later(group.notifyAll);
      else group.notifyAll();
    },
    add(id: string, given: () => void): () => void {
      const group = groups.get(id) ?? createGroup();
      groups.set(id, group);
      // A function that is added twice is called twice.
      const notify = () => given();
      group.watchers.add(notify);
      return () => {
        queue.drop(notify);
        if (group.watchers.delete(notify) && group.watchers.size === 0) groups.delete(id);
      };
    },
  };
}
