// Statements that take tasks, each under a new lease.

import type { DatabaseSync } from 'node:sqlite';
import type { CallTarget, TakenNeed, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { changeOf, type Row } from '../../rows.ts';
import { createOpenAttempt } from './attempt-writes.ts';
import { createFairTake, type Take } from '../order/fair-take.ts';
import { newToken } from './lease-fence.ts';
import { createRunningRoom } from '../order/running-room.ts';
import type { WriteParts } from './write-parts.ts';

export interface TaskRows {
  task: Row;
  attempts: Row[];
  /** Whether the last attempt was opened with the take. */
  opened?: boolean;
}

/** Tasks that were taken, and the needs of which more is to be taken at once, in another write. */
export interface TakenByNeed {
  taken: TaskRows[];
  rest: TakenNeed[];
}

/** Number of tasks that one write holds at most because their keys have no room: 10 ms. */
const maxHeldAtOnce = 500;

export function createTakeWrites({ database, note, enqueue, lanes }: WriteParts) {
  const takeOne = prepareTake(database, 'id = :id');
  const fairTake = createFairTake(database, lanes);
  const runningRoom = createRunningRoom(database);
  const takeOperations = prepareTake(
    database,
    // There are few open attempts, and may be many pending tasks.
    `id IN (SELECT tasks.id FROM attempts CROSS JOIN tasks ON tasks.id = attempts.task_id
            WHERE attempts.outcome IS NULL AND attempts.operation IS NOT NULL AND tasks.state = 'pending' AND tasks.due_at <= :now
              AND tasks.deadline_at > :now AND tasks.cancel_requested_at IS NULL
            ORDER BY tasks.due_at, tasks.id LIMIT 0 + :limit)`,
  );
  const withAttempts = createWithAttempts(database);
  const openAttempts = createOpenAttempts(database);

  function toTaken(now: number) {
    return (task: Row): TaskRows => {
      note(changeOf(task));
      enqueue(String(task['id']), 'task.running', now);
      return withAttempts(task);
    };
  }

  return {
    takeDue({ needs, now, leaseMs, defaults }: Parameters<TaskQueue['takeDue']>[0]): TakenByNeed {
      const virtualTime = lanes.virtualTime();
      const room = runningRoom(defaults);
      const take: Take = { now, virtualTime, highestTag: virtualTime, room, mayHold: maxHeldAtOnce };
      const rest: TakenNeed[] = [];
      const taken = needs.flatMap((need) => {
        const { limit, calls = [] } = need;
        const rows = fairTake(take, need, (id) => takeOne.get({ id, now, expiresAt: now + leaseMs }));
        const opened = openAttempts(rows.map(toTaken(now)), calls, now);
        const left = calls.slice(opened.filter((each) => each.opened === true).length);
        if (take.mayHold === 0 && rows.length < limit)
          rest.push({ ...need, limit: limit - rows.length, calls: left });
        return opened;
      });
      if (take.highestTag > virtualTime) lanes.setVirtualTime(take.highestTag);
      return { taken, rest };
    },
    takeOperations({ limit, now, leaseMs }: Parameters<TaskQueue['takeOperations']>[0]): TaskRows[] {
      return takeOperations.all({ limit, now, expiresAt: now + leaseMs }).map(toTaken(now));
    },
  };
}

/** Opens an attempt for each call in turn, for tasks of one picture that were just taken and have none open. Their takes are the change of both. */
function createOpenAttempts(database: DatabaseSync) {
  const openAttempt = createOpenAttempt(database);
  return (taken: readonly TaskRows[], calls: readonly CallTarget[], at: number): TaskRows[] => {
    const left = calls.values();
    return taken.map((rows) => {
      const isForSeveral = Number(rows.task['picture_count']) > 1;
      if (isForSeveral || rows.attempts.some(({ outcome }) => outcome === null)) return rows;
      const { value: call } = left.next();
      if (call === undefined) return rows;
      const attempt = openAttempt(String(rows.task['id']), { ...call, at });
      return { ...rows, attempts: [...rows.attempts, attempt], opened: true };
    });
  };
}

export function createWithAttempts(database: DatabaseSync): (task: Row) => TaskRows {
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  return (task) => ({ task, attempts: attemptsOf.all(String(task['id'])) });
}

function prepareTake(database: DatabaseSync, which: string) {
  // SQLite plans by the number that a bare `:limit` has, and compiles the statement anew for every one that is bound: 95 µs for a take
  // that takes 18 µs so.
  return database.prepare(
    `UPDATE tasks SET state = 'running', queued = NULL, changed = next_change(), updated_at = max(updated_at, :now), progress = 0,
       tries_used = tries_used + 1, lease_token = ${newToken}, lease_expires_at = :expiresAt
     WHERE ${which} RETURNING *`,
  );
}
