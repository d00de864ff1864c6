// From rows to what core knows.

import type { SQLOutputValue } from 'node:sqlite';
import type { Attempt, AttemptOutcome, Task, TaskAction, TaskState } from '../../core/tasks/task.ts';
import type { CountedBucket, TaskCounts, TaskEnds } from '../../core/tasks/statistics.ts';
import type { LeasedTask } from '../../core/tasks/task-queue.ts';

export type Row = Record<string, SQLOutputValue>;

export function toTask(row: Row, attempts: Row[]): Task {
  return {
    id: row['id'] as string,
    keyId: row['key_id'] as string,
    action: row['action'] as TaskAction,
    model: row['model'] as string,
    request: JSON.parse(row['request'] as string),
    batchId: row['batch_id'] as string | null,
    state: row['state'] as TaskState,
    createdAt: row['created_at'] as number,
    updatedAt: row['updated_at'] as number,
    changed: row['changed'] as number,
    cancelRequestedAt: row['cancel_requested_at'] as number | null,
    dueAt: row['due_at'] as number,
    deadlineAt: row['deadline_at'] as number,
    finishedAt: row['finished_at'] as number | null,
    progress: row['progress'] as number,
    triesUsed: row['tries_used'] as number,
    result: fromJson(row['result']) as Task['result'],
    failure: fromJson(row['failure']) as Task['failure'],
    attempts: attempts.map(toAttempt),
  };
}

export function toLeasedTask(row: Row, attempts: Row[], opened: boolean): LeasedTask {
  return {
    task: toTask(row, attempts),
    lease: { taskId: row['id'] as string, token: row['lease_token'] as string },
    opened,
  };
}

export function toAttempt(row: Row): Attempt {
  return {
    number: row['number'] as number,
    upstream: row['upstream'] as string,
    upstreamModel: row['upstream_model'] as string,
    startedAt: row['started_at'] as number,
    finishedAt: row['finished_at'] as number | null,
    outcome: row['outcome'] as AttemptOutcome | null,
    failure: fromJson(row['failure']) as Attempt['failure'],
    maybeBilled: row['maybe_billed'] === 1,
    credential: row['credential'] as string | null,
    operation: fromJson(row['operation']) as Attempt['operation'],
    usage: fromJson(row['usage']) as Attempt['usage'],
    costMicroUsd: row['cost_micro_usd'] as number | null,
  };
}

export function toCounts(row: Row): TaskCounts {
  return { submitted: row['submitted'] as number, ...(JSON.parse(row['ends'] as string) as TaskEnds) };
}

export function toBucket(row: Row): CountedBucket {
  return {
    bucketAt: row['bucket_at'] as number,
    model: row['model'] as string,
    counts: toCounts(row),
  };
}

export function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromJson(value: SQLOutputValue | undefined): unknown {
  return typeof value === 'string' ? JSON.parse(value) : null;
}
