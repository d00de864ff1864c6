// From rows to what core knows. Both stores name their columns alike: times are Unix milliseconds, JSON is text.

import type { UploadedFile } from '../core/pictures/file-store.ts';
import type { ApiKey, KeyRole } from '../core/keys/key-store.ts';
import type { Attempt, AttemptOutcome, Task, TaskAction, TaskState } from '../core/tasks/task.ts';
import type { CountedBucket, TaskCounts, TaskEnds } from '../core/tasks/statistics.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import type { StoredAnswer } from '../core/tasks/task-store.ts';

export type Row = Record<string, unknown>;

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

export function toFile(row: Row): UploadedFile {
  return {
    id: row['id'] as string,
    keyId: row['key_id'] as string,
    key: row['picture_key'] as string,
    fileName: row['file_name'] as string,
    content_type: row['content_type'] as string,
    width: row['width'] as number,
    height: row['height'] as number,
    bytes: row['bytes'] as number,
    sha256: row['sha256'] as string,
    createdAt: row['created_at'] as number,
    expiresAt: row['expires_at'] as number,
  };
}

export function toStoredAnswer(row: Row): StoredAnswer {
  return {
    keyId: row['key_id'] as string,
    idempotencyKey: row['idempotency_key'] as string,
    requestHash: row['request_hash'] as string,
    answer: row['answer'] as string,
    expiresAt: row['expires_at'] as number,
  };
}

export function toApiKey(row: Row): ApiKey {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    role: row['role'] as KeyRole,
    hint: row['hint'] as string,
    createdAt: row['created_at'] as number,
    expiresAt: row['expires_at'] as number | null,
    revokedAt: row['revoked_at'] as number | null,
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

function fromJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : null;
}
