// Wire form of a task, which is the member `data` of a status query.

import { createHash } from 'node:crypto';
import type {
  ResultDetails,
  TaskAttempt,
  TaskData,
  TaskState,
  TaskStatusCode,
  TaskWaiting,
} from '@plantain/client';
import type { TaskFailure } from '../../core/errors.ts';
import type { Hints } from '../../core/tasks/estimates.ts';
import { hintsLastMs, type TaskHints } from '../../core/tasks/hints.ts';
import { isForSeveral } from '../../core/tasks/several-pictures.ts';
import { type Attempt, countOf, type StoredPicture, type Task } from '../../core/tasks/task.ts';
import type { TaskViews } from '../../core/tasks/task-views.ts';
import type { Waiting } from '../../core/tasks/waiting.ts';
import { type Clock, isRecent } from '../../lib/clock.ts';
import { knownCost, taskCost } from './task-cost.ts';
import { comingSecondsText, secondsText, unixSeconds } from '../../lib/time/unix-time.ts';

/** Version of the wire form, part of every view's key. Raise it whenever this file renders something else. */
const version = 5;

const statusCodes: Record<TaskState, TaskStatusCode> = {
  pending: '0',
  running: '1',
  error: '2',
  succeeded: '3',
};

export interface Links {
  /** Key of everything that a link depends on beside the picture. */
  readonly key: string;
  /** Gives the link to one picture of a finished task; `expiresAt` in Unix seconds. */
  to(task: Task, picture: StoredPicture, expiresAt: number): string;
  /** Time that links work, counted from the task's end. */
  readonly lifetimeSeconds: number;
}

/** Facts about a task that change with time and are not stored. */
export interface Moment {
  waitingOf: (task: Task) => Waiting | null;
  hints: TaskHints;
  clock: Clock;
}

/**
 * Makes the renderer of tasks. The text of a task that has not ended is current as long as `waitingOf` gives the same and its
 * hints are recent.
 */
export function createTaskViews(links: Links, { waitingOf, hints, clock }: Moment): TaskViews {
  let named = { links: '', key: '' };
  return {
    get key() {
      if (named.links !== links.key) {
        const digest = createHash('sha256').update(`${version} ${links.key}`).digest('base64url');
        named = { links: links.key, key: digest.slice(0, 12) };
      }
      return named.key;
    },
    isReady: (task) => isFinal(task.state) || hints.isFresh(task),
    prepare: (task) => hints.refresh(task),
    render(task) {
      const stableText = JSON.stringify(taskData(task, links));
      if (isFinal(task.state)) return { text: stableText };
      const waiting = waitingOf(task);
      const known = hints.of(task, waiting);
      const volatile = JSON.stringify(volatileData(waiting, known));
      const text = volatile === '{}' ? stableText : `${stableText.slice(0, -1)},${volatile.slice(1)}`;
      const at = clock.now();
      const isCurrent = () => isRecent(at, clock.now(), hintsLastMs) && isSame(waiting, waitingOf(task));
      return { text, volatile: { stableText, isCurrent, pollAfterSeconds: known.pollAfterSeconds } };
    },
  };
}

function isFinal(state: TaskState): boolean {
  return state === 'succeeded' || state === 'error';
}

function isSame(a: Waiting | null, b: Waiting | null): boolean {
  return a?.reason === b?.reason && a?.until === b?.until && a?.message === b?.message;
}

/** Gives the wire form of a task's stored part, in any state. */
function taskData(task: Task, links: Links): TaskData {
  const { result, failure } = task;
  // The upstream's cost is the operator's affair where another price was agreed.
  const showsCost = task.money.unitMicroUsd === null;
  const expiresAt = linksExpireAt(task, links);
  return {
    task_id: task.id,
    state: task.state,
    data: imagesData(task, links),
    create_time: secondsText(task.createdAt),
    update_time: secondsText(task.updatedAt),
    msg: failure?.message ?? '',
    status: statusCodes[task.state],
    action: task.action,
    model: task.model,
    progress: shownProgress(task.progress),
    attempts: task.attempts.map((attempt) => attemptData(attempt, showsCost)),
    ...(isForSeveral(task) ? { count: countOf(task.request) } : {}),
    ...askedData(task),
    ...(failure === null ? {} : { error: { ...errorData(failure), retryable: failure.retryable } }),
    ...(result === null ? {} : resultData(task, result.pictures, expiresAt)),
    ...(result?.usage === undefined ? {} : { usage: result.usage }),
    ...(showsCost ? costData(task.attempts) : {}),
    cost: taskCost(task),
    ...(result === null || result.warnings.length === 0 ? {} : { warnings: result.warnings }),
  };
}

/** Pictures by their links, and the model's words. */
export function imagesData(task: Task, links: Links): TaskData['data'] {
  const expiresAt = linksExpireAt(task, links);
  return {
    images: (task.result?.pictures ?? []).map((picture) => ({
      url: links.to(task, picture, expiresAt),
      file_name: picture.fileName,
    })),
    description: task.result?.description ?? '',
  };
}

/** Unix seconds. */
function linksExpireAt({ request, finishedAt }: Task, { lifetimeSeconds }: Links): number {
  return unixSeconds(finishedAt ?? 0) + (request.expiresInSeconds ?? lifetimeSeconds);
}

/** Rounds progress, which is from 0 to 1, to four decimals: upstreams give numbers such as 0.18000000000000002. */
export function shownProgress(progress: number): number {
  return Math.round(progress * 10_000) / 10_000;
}

/** Gives the members that the task's owner set beside the picture's description. */
function askedData({
  batchId,
  request: { metadata, retryOf },
  state,
  cancelRequestedAt,
}: Task): Pick<TaskData, 'batch_id' | 'metadata' | 'retry_of' | 'cancel_requested'> {
  return {
    ...(batchId === null ? {} : { batch_id: batchId }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(retryOf === undefined ? {} : { retry_of: retryOf }),
    ...(cancelRequestedAt !== null && state === 'running' ? { cancel_requested: true } : {}),
  };
}

function resultData(
  task: Task,
  pictures: StoredPicture[],
  expiresAt: number,
): Pick<TaskData, 'image_details' | 'expires_at'> {
  const details = pictures.map((picture) => {
    const { width, height, content_type, bytes, sha256, c2pa } = picture;
    const measures = { width, height, content_type, bytes, sha256 };
    return { ...measures, ...(c2pa === true ? { c2pa } : {}), ...receiptData(task, picture) };
  });
  return { image_details: details, expires_at: String(expiresAt) };
}

function receiptData({ model, attempts }: Task, { attempt }: StoredPicture): Pick<ResultDetails, 'receipt'> {
  const made = attempts.find(({ number }) => number === attempt);
  if (made === undefined || made.finishedAt === null) return {};
  const { number, upstream, upstreamModel, finishedAt } = made;
  const receipt = { model, upstream, upstream_model: upstreamModel, attempt: number };
  return { receipt: { ...receipt, create_time: secondsText(finishedAt) } };
}

function volatileData(waiting: Waiting | null, hints: Hints): Partial<TaskData> {
  const { queuePosition, startAt, finishAt, pollAfterSeconds } = hints;
  return {
    ...(waiting === null ? {} : { waiting: waitingData(waiting) }),
    ...(queuePosition === null ? {} : { queue_position: queuePosition }),
    ...(startAt === null ? {} : { estimated_start: comingSecondsText(startAt) }),
    ...(finishAt === null ? {} : { estimated_finish: comingSecondsText(finishAt) }),
    ...(pollAfterSeconds === null ? {} : { poll_after_seconds: pollAfterSeconds }),
  };
}

function waitingData({ reason, message, until }: Waiting): TaskWaiting {
  return { reason, message, ...(until === null ? {} : { until: comingSecondsText(until) }) };
}

function costData(attempts: readonly Attempt[]): { cost_micro_usd?: number } {
  const cost = knownCost(attempts);
  return cost === null ? {} : { cost_micro_usd: cost };
}

export function attemptData(attempt: Attempt, showsCost = true): TaskAttempt {
  const { outcome, finishedAt, failure, usage, costMicroUsd } = attempt;
  return {
    number: attempt.number,
    upstream: attempt.upstream,
    upstream_model: attempt.upstreamModel,
    start_time: secondsText(attempt.startedAt),
    ...(finishedAt === null ? {} : { end_time: secondsText(finishedAt) }),
    ...(outcome === null ? {} : { outcome }),
    ...(failure === null ? {} : { error: errorData(failure) }),
    ...(attempt.indices === undefined ? {} : { pictures: [...attempt.indices] }),
    ...(attempt.maybeBilled ? { maybe_billed: true } : {}),
    ...(usage === null ? {} : { usage }),
    ...(costMicroUsd === null || !showsCost ? {} : { cost_micro_usd: costMicroUsd }),
  };
}

export function errorData({ type, message, upstreamReason }: TaskFailure) {
  return { type, message, ...(upstreamReason === undefined ? {} : { upstream_reason: upstreamReason }) };
}
