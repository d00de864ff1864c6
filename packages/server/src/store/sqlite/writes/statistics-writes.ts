// Statements that change the counts of tasks, run by the writer thread: counting happens in the transaction of the
// change that is counted. All ends of a bucket are one JSON text: with a row for each count, a window takes three times as long to read.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskCounts } from '../../../core/tasks/statistics.ts';
import {
  addCounts,
  coarseMs,
  countedSince,
  durationClass,
  fineMs,
  fineSince,
  increase,
  noCounts,
} from '../../../core/tasks/task-counts.ts';
import type { TaskEnd } from '../../../core/tasks/task-queue.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import type { UsedTask } from '../../../core/usage/usage-changes.ts';
import { toBucket, toCounts } from '../../rows.ts';
import type { UsageWrites } from '../usage/usage-writes.ts';

/** So that the writer is not held up after a long stop. */
const foldedAtOnce = 200;

type ChangeCounts = (bucketAt: number, model: string, change: (counts: TaskCounts) => void) => void;

function createChangeCounts(database: DatabaseSync): ChangeCounts {
  const find = database.prepare('SELECT submitted, ends FROM task_counts WHERE bucket_at = ? AND model = ?');
  const put = database.prepare(
    'INSERT OR REPLACE INTO task_counts (bucket_at, model, submitted, ends) VALUES (?, ?, ?, ?)',
  );
  return (bucketAt, model, change) => {
    const row = find.get(bucketAt, model);
    const counts = row === undefined ? noCounts() : toCounts(row);
    change(counts);
    const { submitted, ...ends } = counts;
    put.run(bucketAt, model, submitted, JSON.stringify(ends));
  };
}

export interface Count {
  /** Counts tasks of one key that came together. */
  submitted(tasks: readonly Pick<NewTask, 'keyId' | 'ownerId' | 'model' | 'createdAt' | 'price'>[]): void;
  /** To be called when the task has its end and its last attempt is closed. `reserved` was held until then, micro-dollars. */
  ended(taskId: string, end: Pick<TaskEnd, 'outcome' | 'charge'>, reserved: number): void;
}

export function createCount(database: DatabaseSync, usage: UsageWrites): Count {
  const changeCounts = createChangeCounts(database);
  const { submitted: _, ...noEnds } = noCounts();
  // Without a look at the ends, which is a sixth of the time.
  const addSubmitted = database.prepare(
    `INSERT INTO task_counts (bucket_at, model, submitted, ends) VALUES (?, ?, ?, '${JSON.stringify(noEnds)}')
     ON CONFLICT DO UPDATE SET submitted = submitted + excluded.submitted`,
  );
  const endedTask = database.prepare(
    `SELECT key_id AS keyId, coalesce(owner_id, key_id) AS ownerId, model, created_at AS createdAt, tasks.finished_at AS finishedAt,
       min(started_at) AS startedAt, total(cost_micro_usd) AS cost,
       (SELECT upstream FROM attempts WHERE task_id = tasks.id ORDER BY number DESC LIMIT 1) AS upstream
     FROM tasks LEFT JOIN attempts ON attempts.task_id = tasks.id WHERE tasks.id = ?`,
  );
  return {
    submitted(tasks) {
      for (const [model, some] of Map.groupBy(tasks, (task) => task.model))
        addSubmitted.run(fineBucket(some[0]?.createdAt ?? 0), model, some.length);
      usage.submitted(tasks);
    },
    ended(taskId, { outcome, charge }, reserved) {
      const task = endedTask.get(taskId) as unknown as EndedTask;
      const { model, createdAt, finishedAt, startedAt, cost, upstream } = task;
      usage.ended(task, { outcome, charge, reserved, cost, upstream });
      changeCounts(fineBucket(finishedAt), model, (counts) => {
        counts.costMicroUsd += cost;
        increase(counts.ended, outcome.state === 'succeeded' ? outcome.state : outcome.failure.type);
        if (startedAt !== null) increase(counts.dwells, durationClass(startedAt - createdAt));
        if (outcome.state !== 'succeeded') return;
        increase(counts.durations, durationClass(finishedAt - createdAt));
        if (startedAt !== null) increase(counts.runs, durationClass(finishedAt - startedAt));
      });
    },
  };
}

interface EndedTask extends UsedTask {
  finishedAt: number;
  startedAt: number | null;
  cost: number;
  upstream: string | null;
}

export function createStatisticsWrites(database: DatabaseSync) {
  const changeCounts = createChangeCounts(database);
  const unfolded = database.prepare(
    `SELECT * FROM task_counts WHERE bucket_at < ? AND bucket_at % ${coarseMs} <> 0 LIMIT ${foldedAtOnce}`,
  );
  const remove = database.prepare('DELETE FROM task_counts WHERE bucket_at = ? AND model = ?');
  const removeOld = database.prepare('DELETE FROM task_counts WHERE bucket_at < ?');
  return {
    foldStatistics(now: number): void {
      removeOld.run(countedSince(now));
      for (const { bucketAt, model, counts } of unfolded.all(fineSince(now)).map(toBucket)) {
        changeCounts(bucketAt - (bucketAt % coarseMs), model, (sum) => addCounts(sum, counts));
        remove.run(bucketAt, model);
      }
    },
  };
}

function fineBucket(at: number): number {
  return at - (at % fineMs);
}
