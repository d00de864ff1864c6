// Runs one task under its lease: inputs, the call to the upstream, the pictures, the end.

import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { InspectPicture, LoadInputs, PictureStore } from '../core/picture-store.ts';
import type { Task } from '../core/task.ts';
import type { LeasedTask } from '../core/task-store.ts';
import type { Upstream, UpstreamRequest } from '../core/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import {
  deadlineFailure,
  type EndDependencies,
  type EndedAs,
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
  try {
    const route = dependencies.routeFor(task.model);
    if (route === undefined) throw new TaskError(noRoute(task));
    const inputs = await untilAborted(dependencies.loadInputs(task.request.inputs, signal), signal);
    const { upstream, upstreamModel } = route;
    running.attempt = await dependencies.store.openAttemptIfLeased(lease, {
      upstream: upstream.name,
      upstreamModel,
      at: dependencies.clock.now(),
    });
    if (running.attempt === null) return 'lease_lost';
    const attempt = running.attempt.number;
    signal.throwIfAborted();
    const request = toUpstreamRequest(task, upstreamModel, inputs);
    const answer = await untilAborted(upstream.start(request, { attempt, signal, onProgress }), signal);
    const pictures = await keepPictures(dependencies.pictures, {
      taskId: task.id,
      attempt,
      pictures: answer.pictures,
    });
    const { description, warnings, usage } = answer;
    return await succeed(dependencies, running, {
      pictures,
      description,
      warnings,
      ...(usage === undefined ? {} : { usage }),
    });
  } catch (error) {
    return await endAfterError(dependencies, running, error);
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
