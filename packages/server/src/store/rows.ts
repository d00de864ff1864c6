// From rows to what core knows. Both stores name their columns alike: times are Unix milliseconds, JSON is text.

import type { ApiKey, FoundKey } from '../core/keys/key-store.ts';
import { scopesOfRole } from '../core/keys/scopes.ts';
import type { Charge } from '../core/ledger/money.ts';
import type { Limited, Limits } from '../core/limits/limits.ts';
import type { Change } from '../core/tasks/changes.ts';
import type {
  Attempt,
  AttemptOutcome,
  BroughtPictures,
  NextCall,
  Task,
  TaskAction,
  TaskState,
} from '../core/tasks/task.ts';
import type { CountedBucket, TaskCounts, TaskEnds } from '../core/tasks/statistics.ts';
import { noCounts } from '../core/tasks/task-counts.ts';
import type { LeasedTask, TaskEnd } from '../core/tasks/task-queue.ts';
import type { UsedTask } from '../core/usage/usage-changes.ts';

export type Row = Record<string, unknown>;

/** Columns of a key, a file, an entry of the ledger and a kept answer by the names of their members; quoted, as PostgreSQL knows no capitals otherwise. */
export const keyColumns = `id, owner_id AS "ownerId", name, role, scopes, models, networks, priority_max AS "priorityMax",
  declared_as AS "declaredAs", hint, created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt",
  previous_until AS "previousUntil", last_used_at AS "lastUsedAt"`;
/** Columns of a key that is found by its secret. */
export const foundKeyColumns = `${keyColumns},
  (SELECT shared FROM owners WHERE id = api_keys.owner_id) AS "sharesTasks",
  (SELECT limits FROM limits WHERE subject_id = api_keys.id) AS "limitsOfKey",
  (SELECT limits FROM limits WHERE subject_id = api_keys.owner_id) AS "limitsOfOwner"`;
export const fileColumns = `id, key_id AS "keyId", picture_key AS key, file_name AS "fileName", content_type, width, height, bytes, sha256,
  created_at AS "createdAt", expires_at AS "expiresAt"`;
export const entryColumns = `number, task_id AS "taskId", kind, attempt, key_id AS "keyId", owner_id AS "ownerId", at, reserved_at AS "reservedAt",
  reserved_delta AS "reservedDelta", spent_delta AS "spentDelta", pictures_delta AS "picturesDelta", reason`;
export const answerColumns = `key_id AS "keyId", idempotency_key AS "idempotencyKey", request_hash AS "requestHash", answer,
  expires_at AS "expiresAt"`;
export const tryColumns = `${answerColumns}, held_by AS "heldBy", held_at AS "heldAt", claims`;

/** Columns that a statement which changes a task returns of it. */
export const changedColumns = 'id, key_id, state';

/** Makes the change of a row that has the columns of `changedColumns`. */
export function changeOf(row: Row): Change {
  return {
    taskId: row['id'] as string,
    keyId: row['key_id'] as string,
    state: row['state'] as TaskState,
  };
}

/** Task whose usage is added, of a row that has its columns and the owner as `of_owner`. */
export function toUsedTask(row: Row): UsedTask {
  return {
    keyId: row['key_id'] as string,
    ownerId: row['of_owner'] as string,
    model: row['model'] as string,
    createdAt: row['created_at'] as number,
  };
}

/** Key of a row that has the columns of `keyColumns`. A key of an older version has no scopes of its own. */
export function toKey(row: Row): ApiKey {
  const key = row as unknown as ApiKey;
  return {
    ...key,
    scopes: (fromJson(row['scopes']) as ApiKey['scopes'] | null) ?? scopesOfRole[key.role],
    models: fromJson(row['models']) as ApiKey['models'],
    networks: fromJson(row['networks']) as ApiKey['networks'],
  };
}

/** Key of a row that was found by a hash, and that says in `isPrevious` whether that is of the secret before a roll. */
export function toFoundKey({ isPrevious, sharesTasks, limitsOfKey, limitsOfOwner, ...row }: Row): FoundKey {
  const ofKey = fromJson(limitsOfKey) as Limits | null;
  const ofOwner = fromJson(limitsOfOwner) as Limits | null;
  const key = {
    ...toKey(row),
    ...(sharesTasks === 1 ? { sharesTasks: true } : {}),
    ...(ofKey === null ? {} : { limitsOfKey: ofKey }),
    ...(ofOwner === null ? {} : { limitsOfOwner: ofOwner }),
  };
  if (isPrevious === 0) return key;
  const expiresAt = Math.min(key.expiresAt ?? Infinity, key.previousUntil ?? 0);
  return { ...key, expiresAt, isReplaced: true };
}

/** Limits of a row that has the columns `budget` and `limits`. */
export function toLimited(row: Row): Limited {
  return {
    budget: fromJson(row['budget']) as Limited['budget'],
    limits: fromJson(row['limits']) as Limited['limits'],
  };
}

/** Members of a key that are JSON in its columns, by their names. */
export function keyJson({ scopes, models, networks }: Pick<ApiKey, 'scopes' | 'models' | 'networks'>) {
  return { scopes: JSON.stringify(scopes), models: toJson(models), networks: toJson(networks) };
}

export function toTask(row: Row, attempts: Row[]): Task {
  return {
    id: row['id'] as string,
    keyId: row['key_id'] as string,
    ownerId: (row['owner_id'] ?? row['key_id']) as string,
    priority: row['priority'] as number,
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
    money: {
      estimatedMicroUsd: row['estimated_micro_usd'] as number | null,
      unitMicroUsd: row['unit_micro_usd'] as number | null,
      reservedMicroUsd: row['reserved_micro_usd'] as number | null,
      chargedMicroUsd: row['charged_micro_usd'] as number | null,
      holdUntil: row['hold_until'] as number | null,
    },
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
    ...(row['indices'] === null && row['brought'] === null ? {} : partsOfPictures(row)),
  };
}

/** Members of an attempt for some of several pictures, or whose picture was set aside. */
function partsOfPictures(row: Row): Pick<Attempt, 'indices' | 'brought' | 'next'> {
  const indices = fromJson(row['indices']) as readonly number[] | null;
  const brought = fromJson(row['brought']) as BroughtPictures | null;
  const next = fromJson(row['next_call']) as NextCall | null;
  return {
    ...(indices === null ? {} : { indices }),
    ...(brought === null ? {} : { brought }),
    ...(next === null ? {} : { next }),
  };
}

/** Bytes of the pictures that an end leaves; `null` for a failure. */
export function storedBytesOf({ outcome }: Pick<TaskEnd, 'outcome'>): number | null {
  if (outcome.state === 'error') return null;
  return outcome.result.pictures.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Values of the columns that a charge sets. */
export function chargeValues(charge: Charge): { charged: number | null; holdUntil: number | null } {
  if (charge.kind === 'hold') return { charged: null, holdUntil: charge.until };
  return { charged: charge.kind === 'settle' ? charge.chargedMicroUsd : 0, holdUntil: null };
}

export function toCounts(row: Row): TaskCounts {
  // Counts of an older version have no dwell times.
  const ends = JSON.parse(row['ends'] as string) as Partial<TaskEnds>;
  return { ...noCounts(), submitted: row['submitted'] as number, ...ends };
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

export function fromJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : null;
}
