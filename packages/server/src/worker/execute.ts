// Runs one task under its lease: inputs, the call to the upstream, the pictures, the end.

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { InspectPicture, LoadInputs, PictureStore } from '../core/picture-store.ts';
import type { Task } from '../core/task.ts';
import type { LeasedTask } from '../core/task-store.ts';
import type { Upstream, UpstreamRequest, UpstreamResult } from '../core/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import {
  deadlineFailure,
  type EndDependencies,
  type EndedAs,
  endUnstored,
  fail,
  handBack,
  type RunningTask,
  succeed,
} from './end-task.ts';
import { keepPictures } from './keep-pictures.ts';
import { StopReason } from './stop-reason.ts';

/** Where a task of a model goes. */
export interface Route {
  upstream: Upstream;
  upstreamModel: string;
}

export interface ExecuteDependencies extends EndDependencies {
  loadInputs: LoadInputs;
  pictures: { store: PictureStore; inspect: InspectPicture };
  routeFor: (model: string) => Route | undefined;
  /** Told of faults of our own, which the task's owner sees only as `internal`. */
  onInternalError: (task: Task, error: unknown) => void;
}

/** Runs the task to its next state and writes that. Rejects only when the store does. */
export async function execute(
  dependencies: ExecuteDependencies,
  { task, lease }: LeasedTask,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: number) => void },
): Promise<EndedAs> {
  const running: RunningTask = { task, lease, attempt: null };
  let answer: UpstreamResult | null;
  try {
    answer = await callUpstream(dependencies, running, { signal, onProgress });
  } catch (error) {
    return await endAfterError(dependencies, running, error);
  }
  return answer === null ? 'lease_lost' : storeAnswer(dependencies, running, answer, signal);
}

/** Loads the inputs, writes the attempt and makes the call; `null` when the lease was lost before the call. */
async function callUpstream(
  dependencies: ExecuteDependencies,
  running: RunningTask,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: number) => void },
): Promise<UpstreamResult | null> {
  const { task, lease } = running;
  const route = dependencies.routeFor(task.model);
  if (route === undefined) throw new TaskError(noRoute(task));
  const inputs = await untilAborted(dependencies.loadInputs(task.request.inputs, signal), signal);
  const { upstream, upstreamModel } = route;
  running.attempt = await dependencies.store.openAttemptIfLeased(lease, {
    upstream: upstream.name,
    upstreamModel,
    at: dependencies.clock.now(),
  });
  if (running.attempt === null) return null;
  signal.throwIfAborted();
  const request = toUpstreamRequest(task, upstreamModel, inputs);
  const context = { attempt: running.attempt.number, signal, onProgress };
  return untilAborted(upstream.start(request, context), signal);
}

/** How long to wait before what could not be stored is written again. */
const storeAgainMs = 1_000;

/** The call has succeeded, so from here on it is not made again: its result is stored, if need be over and over, or the task ends. */
async function storeAnswer(
  dependencies: ExecuteDependencies,
  running: RunningTask,
  { pictures, description, warnings, usage }: UpstreamResult,
  signal: AbortSignal,
): Promise<EndedAs> {
  const { task } = running;
  const attempt = running.attempt?.number ?? 0;
  for (let told = false; ; told = true) {
    try {
      const kept = await keepPictures(dependencies.pictures, { taskId: task.id, attempt, pictures });
      return await succeed(dependencies, running, {
        pictures: kept.pictures,
        description,
        warnings: [...warnings, ...kept.warnings],
        ...(usage === undefined ? {} : { usage }),
      });
    } catch (error) {
      if (error instanceof TaskError) return fail(dependencies, running, error.failure);
      if (!told) dependencies.onInternalError(task, error);
    }
    await sleep(storeAgainMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) continue;
    const lost = signal.reason instanceof StopReason && signal.reason.kind === 'lease_lost';
    return lost ? 'lease_lost' : endUnstored(dependencies, running);
  }
}

async function endAfterError(
  dependencies: ExecuteDependencies,
  running: RunningTask,
  error: unknown,
): Promise<EndedAs> {
  if (error instanceof TaskError) return fail(dependencies, running, error.failure);
  if (error instanceof StopReason) {
    switch (error.kind) {
      case 'lease_lost':
        return 'lease_lost';
      case 'shutdown':
        return handBack(dependencies, running);
      case 'deadline':
        return fail(dependencies, running, deadlineFailure(running.task, running.attempt !== null));
    }
  }
  dependencies.onInternalError(running.task, error);
  return fail(dependencies, running, {
    type: 'internal',
    message:
      'A fault inside this server stopped the task. The server’s log has the details under the task’s id.',
    retryable: true,
    maybeBilled: running.attempt !== null,
  });
}

function toUpstreamRequest(task: Task, model: string, inputs: UpstreamRequest['inputs']): UpstreamRequest {
  const { prompt, aspectRatio, imageSize, seed } = task.request;
  return {
    action: task.action,
    model,
    prompt,
    inputs,
    aspectRatio,
    imageSize,
    ...(seed === undefined ? {} : { seed }),
  };
}

function noRoute(task: Task): TaskFailure {
  return {
    type: 'upstream_bad_request',
    message: `No upstream serves the model ${task.model} any more. Submit the task again with another model.`,
    retryable: false,
  };
}
