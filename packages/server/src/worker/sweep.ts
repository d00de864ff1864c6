// What time does to tasks that nobody works on: expired leases are rescued, pending tasks past their deadline are ended.

import type { TaskFailure } from '../core/errors.ts';
import { endTask } from '../core/task-moves.ts';
import { readyView } from '../core/task-views.ts';
import { deadlineFailure, type EndDependencies, fail } from './end-task.ts';

const batch = 500;

const lostCall: TaskFailure = {
  type: 'internal',
  message: 'The server stopped in the middle of the call, so what became of it can’t be known.',
  retryable: true,
  maybeBilled: true,
};

const lostBeforeCall: TaskFailure = {
  type: 'internal',
  message: 'The server stopped while it prepared the task.',
  retryable: true,
};

/**
 * Takes tasks from workers that stopped renewing their leases: back to the queue, or to an end when they have no try
 * left. `by` is the time up to which leases count as expired. Returns how many were rescued.
 */
export async function rescueExpired(dependencies: EndDependencies, by: number): Promise<number> {
  let rescued = 0;
  for (;;) {
    const expired = dependencies.store.expiredLeases(by, batch);
    const ends = await Promise.all(
      expired.map(({ task, lease }) => {
        const last = task.attempts.at(-1);
        const attempt = last !== undefined && last.outcome === null ? last : null;
        const running = {
          task: attempt === null ? task : { ...task, attempts: task.attempts.slice(0, -1) },
          lease: { ...lease, expiredBy: by },
          attempt,
        };
        return fail(dependencies, running, attempt === null ? lostBeforeCall : lostCall, 'unknown');
      }),
    );
    rescued += ends.filter((end) => end !== 'lease_lost').length;
    if (expired.length < batch) return rescued;
  }
}

/** Ends pending tasks whose deadline has passed. Returns how many. */
export async function expirePending({ store, views, clock }: EndDependencies): Promise<number> {
  let ended = 0;
  for (;;) {
    const late = store.pendingPastDeadline(clock.now(), batch);
    const done = await Promise.all(
      late.map((task) => {
        const end = {
          at: clock.now(),
          outcome: { state: 'error' as const, failure: deadlineFailure(task, false) },
        };
        return store.finishIfPending(task.id, { ...end, view: readyView(views, endTask(task, end)) });
      }),
    );
    ended += done.filter(Boolean).length;
    if (late.length < batch) return ended;
  }
}
