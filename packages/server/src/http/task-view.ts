// What the status query shows of a task: the `data` member, all fields in every state.

import { createHash } from 'node:crypto';
import type { TaskAttempt, TaskData, TaskState, TaskStatusCode } from '@plantain/client';
import type { TaskFailure } from '../core/errors.ts';
import type { Attempt, StoredPicture, Task } from '../core/task.ts';
import type { TaskViews } from '../core/task-views.ts';
import type { Waiting } from '../core/waiting.ts';

/** Part of every view's key: raise it when what this file renders changes. */
const version = 2;

const statusCodes: Record<TaskState, TaskStatusCode> = {
  pending: '0',
  running: '1',
  error: '2',
  succeeded: '3',
};

export interface Links {
  /** Names everything a link depends on beside the picture. */
  readonly key: string;
  /** The link to one picture of a finished task; `expiresAt` in Unix seconds. */
  to(task: Task, picture: StoredPicture, expiresAt: number): string;
  /** How long links work, from the moment the task ended. */
  readonly lifetimeSeconds: number;
}

/** `waitingOf` says why a pending task waits at this moment; it is asked again before a rendered text is believed. */
export function createTaskViews(links: Links, waitingOf: (task: Task) => Waiting | null): TaskViews {
  let named = { links: '', key: '' };
  return {
    get key() {
      if (named.links !== links.key) {
        const digest = createHash('sha256').update(`${version} ${links.key}`).digest('base64url');
        named = { links: links.key, key: digest.slice(0, 12) };
      }
      return named.key;
    },
    render(task) {
      if (task.state !== 'pending') return { text: JSON.stringify(taskData(task, links, null)) };
      const waiting = waitingOf(task);
      const text = JSON.stringify(taskData(task, links, waiting));
      return { text, isCurrent: () => isSame(waiting, waitingOf(task)) };
    },
  };
}

function isSame(a: Waiting | null, b: Waiting | null): boolean {
  return a?.reason === b?.reason && a?.until === b?.until && a?.message === b?.message;
}

/** The wire form of a task, in any state. */
function taskData(task: Task, links: Links, waiting: Waiting | null): TaskData {
  const { result, failure } = task;
  const keptSeconds = task.request.expiresInSeconds ?? links.lifetimeSeconds;
  const expiresAt = seconds(task.finishedAt ?? 0) + keptSeconds;
  return {
    task_id: task.id,
    state: task.state,
    data: {
      images: (result?.pictures ?? []).map((picture) => ({
        url: links.to(task, picture, expiresAt),
        file_name: picture.fileName,
      })),
      description: result?.description ?? '',
    },
    create_time: String(seconds(task.createdAt)),
    update_time: String(seconds(task.updatedAt)),
    msg: failure?.message ?? '',
    status: statusCodes[task.state],
    action: task.action,
    model: task.model,
    progress: task.progress,
    attempts: task.attempts.map(attemptData),
    ...(failure === null ? {} : { error: { ...errorData(failure), retryable: failure.retryable } }),
    ...(result === null ? {} : resultData(result.pictures, expiresAt)),
    ...(waiting === null ? {} : { waiting: waitingData(waiting) }),
    ...(result?.usage === undefined ? {} : { usage: result.usage }),
    ...costData(task.attempts),
    ...(result === null || result.warnings.length === 0 ? {} : { warnings: result.warnings }),
  };
}

function resultData(
  pictures: StoredPicture[],
  expiresAt: number,
): Pick<TaskData, 'image_details' | 'expires_at'> {
  const details = pictures.map(({ width, height, content_type, bytes, sha256 }) => ({
    width,
    height,
    content_type,
    bytes,
    sha256,
  }));
  return { image_details: details, expires_at: String(expiresAt) };
}

function waitingData({ reason, message, until }: Waiting): TaskData['waiting'] & object {
  return { reason, message, ...(until === null ? {} : { until: String(Math.ceil(until / 1000)) }) };
}

function costData(attempts: readonly Attempt[]): { cost_micro_usd?: number } {
  const known = attempts.map(({ costMicroUsd }) => costMicroUsd).filter((cost) => cost !== null);
  return known.length === 0 ? {} : { cost_micro_usd: known.reduce((sum, cost) => sum + cost, 0) };
}

function attemptData(attempt: Attempt): TaskAttempt {
  const { outcome, finishedAt, failure, usage, costMicroUsd } = attempt;
  return {
    number: attempt.number,
    upstream: attempt.upstream,
    upstream_model: attempt.upstreamModel,
    start_time: String(seconds(attempt.startedAt)),
    ...(finishedAt === null ? {} : { end_time: String(seconds(finishedAt)) }),
    ...(outcome === null ? {} : { outcome }),
    ...(failure === null ? {} : { error: errorData(failure) }),
    ...(attempt.maybeBilled ? { maybe_billed: true } : {}),
    ...(usage === null ? {} : { usage }),
    ...(costMicroUsd === null ? {} : { cost_micro_usd: costMicroUsd }),
  };
}

function errorData({ type, message, upstreamReason }: TaskFailure) {
  return { type, message, ...(upstreamReason === undefined ? {} : { upstream_reason: upstreamReason }) };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
