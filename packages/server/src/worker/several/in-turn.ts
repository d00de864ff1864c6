// The store as calls beside each other use it: what they write of one task is written one after another, as its attempts are numbered in turn.

import type { TaskStore } from '../../core/tasks/task-store.ts';

export function inTurn(store: TaskStore): TaskStore {
  let last: Promise<unknown> = Promise.resolve();
  function next<Args extends unknown[], Value>(write: (...args: Args) => Promise<Value>) {
    return (...args: Args): Promise<Value> => {
      const mine = last.then(() => write(...args));
      last = mine.catch(() => {});
      return mine;
    };
  }
  const { openAttemptIfRoom } = store;
  return {
    ...store,
    openAttemptIfLeased: next(store.openAttemptIfLeased),
    ...(openAttemptIfRoom && { openAttemptIfRoom: next(openAttemptIfRoom) }),
    closeAttemptIfLeased: next(store.closeAttemptIfLeased),
    saveOperationIfLeased: next(store.saveOperationIfLeased),
  };
}
