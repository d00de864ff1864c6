// Many small jobs at the same moment, such as telling everybody who waits: some in each turn of the event loop, which others need too.

export interface LoopQueue {
  /** Whether jobs wait for a later turn. */
  readonly isBusy: boolean;
  /** Does the job at once, where nobody waits and this turn has room; else as `later` does. A job must not throw. */
  soon(task: () => void): void;
  /** Does the job in one of the next turns, behind those that wait; once, however often it is given until then. */
  later(task: () => void): void;
  /** Forgets the job, if it waits. */
  drop(task: () => void): void;
}

/** In a turn at most so many jobs are done, and none is begun after `longestMs`. */
export function createLoopQueue({ most = 50, longestMs = 5 } = {}): LoopQueue {
  const waiting = new Set<() => void>();
  let isPlanned = false;
  let left = 0;
  let until = 0;

  /** A turn's room begins with its first job. */
  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    left = most;
    until = performance.now() + longestMs;
    setImmediate(work);
  }
  const hasRoom = () => left > 0 && performance.now() < until;
  function run(task: () => void): void {
    left -= 1;
    task();
  }
  function work(): void {
    isPlanned = false;
    if (waiting.size === 0) return;
    plan();
    for (const task of waiting) {
      waiting.delete(task);
      run(task);
      if (!hasRoom()) return;
    }
  }

  return {
    get isBusy() {
      return waiting.size > 0;
    },
    soon(task) {
      plan();
      if (waiting.size === 0 && hasRoom()) run(task);
      else waiting.add(task);
    },
    later(task) {
      plan();
      waiting.add(task);
    },
    drop: (task) => void waiting.delete(task),
  };
}
