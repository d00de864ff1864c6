// One call to an upstream under its attempt: from the write that announces it to the upstream's last word.

import { TaskError } from '../core/errors.ts';
import { fitRequest } from '../core/models/capabilities.ts';
import type { FitInputs, LoadedInputs } from '../core/pictures/inputs.ts';
import type { PartialImages } from '../core/partial-images/partial-images.ts';
import { takePartialImages } from '../core/partial-images/take-partial-images.ts';
import type { InspectPicture } from '../core/pictures/picture-bytes.ts';
import type { Router, Slot } from '../core/upstreams/router.ts';
import type { StoredOperation, Task } from '../core/tasks/task.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import { dropOperation } from '../core/upstreams/cancel-operation.ts';
import { PicturesNotFetchedError } from '../core/upstreams/upstream.ts';
import type {
  Picture,
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { pause, type StartTimer } from '../lib/timers.ts';
import type { CallRun } from './call-run.ts';
import { followOperation } from './follow-operation.ts';
import { targetOf } from './reserve-slots.ts';
import { StopReason } from './stop-reason.ts';

export interface CallDependencies {
  store: TaskStore;
  router: Pick<Router, 'shared'>;
  clock: Clock;
  startTimer: StartTimer;
  fitInputs: FitInputs;
  /** Absent where nobody waits for partial images. */
  partialImages?: PartialImages | undefined;
  inspectPartialImage?: InspectPicture | undefined;
  /** How long polls may fail before the operation counts as lost. */
  operationPatienceMs: number;
  /** Told of faults of our own, which the task's owner sees only as `internal`. */
  onInternalError: (task: Task, error: unknown) => void;
}

/**
 * Opens an attempt with this slot, unless it was opened as the task was taken, and makes the call. Throws `TaskError` when it failed,
 * `StopReason` when the signal aborted or the lease was lost, and `NoRoomError` where it can't be made now.
 */
export async function callUpstream(
  dependencies: CallDependencies,
  run: CallRun,
  slot: Slot,
  inputs: LoadedInputs,
): Promise<UpstreamResult> {
  const { signal } = run;
  const { upstream, upstreamModel } = slot;
  const capabilities = upstream.capabilities(upstreamModel);
  const fitted = await dependencies.fitInputs(inputs.pictures, capabilities.inputLimits ?? {}, {
    model: upstreamModel,
    signal,
    owner: run.task.keyId,
  });
  const { request, warnings: fitting } = fitRequest(
    toUpstreamRequest(run, upstreamModel, fitted.pictures),
    capabilities,
  );
  const warnings = [...inputs.warnings, ...fitted.warnings, ...fitting];
  const isOpen = run.attempt !== null && !run.isCalled;
  if (!isOpen) await openAttempt(dependencies, run, slot);
  throwIfStopped(dependencies, run);
  const context = toContext(run);
  run.call();
  slot.called();
  const started = startCall(dependencies, run, { upstream, request, context });
  const answer = await untilAborted(started, signal).catch((error: unknown) => {
    // The call may still be answered with an operation, which nobody would follow.
    if (signal.aborted) run.callOver = started.then((late) => drop(upstream, late), ignore);
    throw error;
  });
  if (!('operation' in answer)) return { ...answer, warnings: [...warnings, ...answer.warnings] };
  const stored = { operation: answer.operation, warnings: [...warnings, ...answer.warnings] };
  try {
    await storeOperation(dependencies, run, stored);
  } catch (error) {
    run.callOver = drop(upstream, answer);
    throw error;
  }
  run.follow(stored);
  return follow(dependencies, run, slot, { stored, context, firstPollAfterMs: answer.pollAfterMs });
}

/** Starts the call, and gives its partial images to those who wait, until the answer is there. */
async function startCall(
  { inspectPartialImage: inspect }: CallDependencies,
  run: CallRun,
  call: { upstream: Upstream; request: UpstreamRequest; context: UpstreamContext },
): Promise<UpstreamResult | StartedOperation> {
  const { upstream, request, context } = call;
  const { partialImages: awaited, attempt, task, signal } = run;
  if (request.partialImages === undefined || awaited === undefined || inspect === undefined)
    return await upstream.start(request, context);
  const taken = { attempt: attempt?.number ?? 1, owner: task.keyId, signal };
  const { take, end } = takePartialImages(taken, awaited, inspect);
  try {
    return await upstream.start(request, { ...context, onPartialImage: take });
  } finally {
    end();
  }
}

/** Throws `StopReason` where the run was told to stop, or may have lost its lease. */
function throwIfStopped({ clock }: Pick<CallDependencies, 'clock'>, run: CallRun): void {
  run.isLost(clock.now());
  run.signal.throwIfAborted();
}

/** Thrown where calls of other processes leave no room for a call that was not counted yet. */
export class NoRoomError extends Error {}

async function openAttempt(dependencies: CallDependencies, run: CallRun, slot: Slot): Promise<void> {
  const { store, router, clock } = dependencies;
  const { shared } = router;
  const { indices } = run;
  const call = { ...targetOf(slot), at: clock.now(), ...(indices === undefined ? {} : { indices }) };
  const attempt =
    shared === undefined || run.isSetAside || !shared.isCounted(slot)
      ? await store.openAttemptIfLeased(run.lease, call)
      : await store.openAttemptIfRoom?.(run.lease, call, {
          own: shared.own,
          days: shared.days,
          decide: (counts) => shared.admit([slot], counts).has(slot),
        });
  if (attempt === 'full') throw new NoRoomError();
  if (attempt == null) throw new StopReason('lease_lost');
  run.open(attempt);
}

/** How long to wait before what could not be stored is written again. */
const storeAgainMs = 1_000;

/** Stores what names the operation, over and over where the store refuses: it is paid for, and can be followed only by its name. */
async function storeOperation(
  { store, startTimer, onInternalError }: CallDependencies,
  { task, lease, attempt, signal }: CallRun,
  stored: StoredOperation,
): Promise<void> {
  for (let told = false; ; told = true) {
    const saved = await store
      .saveOperationIfLeased(lease, stored, attempt?.number)
      .catch((error: unknown) => {
        if (!told) onInternalError(task, error);
        return null;
      });
    if (saved === true) return;
    if (saved === false) throw new StopReason('lease_lost');
    await pause(startTimer, storeAgainMs, signal);
  }
}

async function drop(upstream: Upstream, answer: UpstreamResult | StartedOperation): Promise<void> {
  if ('operation' in answer) await dropOperation(upstream, answer.operation).catch(ignore);
}

function ignore(): void {}

/** Takes up the operation of an attempt that an earlier run left open. Throws as `callUpstream` does. */
export async function resumeOperation(
  dependencies: CallDependencies,
  run: CallRun,
  slot: Slot,
  stored: StoredOperation,
): Promise<UpstreamResult> {
  const context = toContext(run);
  return follow(dependencies, run, slot, { stored, context, firstPollAfterMs: 0 });
}

async function follow(
  dependencies: CallDependencies,
  run: CallRun,
  { upstream, upstreamName }: Slot,
  followed: { stored: StoredOperation; context: UpstreamContext; firstPollAfterMs: number | undefined },
): Promise<UpstreamResult> {
  const { poll } = upstream;
  if (poll === undefined) throw new TypeError(`${upstream.name} gave an operation and can’t be polled.`);
  const { context, firstPollAfterMs } = followed;
  const { signal, onProgress } = context;
  let { stored } = followed;

  const ask = async () => {
    throwIfStopped(dependencies, run);
    try {
      const told = await untilAborted(poll(stored.operation, context), signal);
      run.trouble = undefined;
      return told;
    } catch (error) {
      if (error instanceof TaskError) run.trouble = error;
      if (!(error instanceof PicturesNotFetchedError)) throw error;
      const { operation, warnings } = error.instead;
      stored = { operation, warnings: [...stored.warnings, ...warnings] };
      await storeOperation(dependencies, run, stored);
      throw error;
    }
  };
  const answer = await followOperation({
    poll: ask,
    upstreamName,
    signal,
    onProgress,
    clock: dependencies.clock,
    startTimer: dependencies.startTimer,
    patienceMs: dependencies.operationPatienceMs,
    firstPollAfterMs,
  });
  if ('failure' in answer)
    throw new TaskError(answer.failure, { usage: answer.usage, answer: answer.answer });
  return { ...answer, warnings: [...stored.warnings, ...answer.warnings] };
}

function toContext(run: CallRun): UpstreamContext {
  const { attempt, task, signal } = run;
  const onProgress = (progress: number) => run.advance(progress);
  return { attempt: attempt?.number ?? 1, prompt: task.request.prompt, signal, onProgress };
}

function toUpstreamRequest(
  { task, indices = [] }: CallRun,
  model: string,
  pictures: Picture[],
): UpstreamRequest {
  const { prompt, aspectRatio, imageSize, seed, quality, background, moderation } = task.request;
  const { partialImages } = task.request;
  const [first = 1] = indices;
  const mask = pictures.find(({ role }) => role === 'mask');
  return {
    action: task.action,
    model,
    prompt,
    inputs: mask === undefined ? pictures : pictures.filter((picture) => picture !== mask),
    ...(mask === undefined ? {} : { mask }),
    aspectRatio,
    imageSize,
    ...(quality === undefined ? {} : { quality }),
    ...(background === undefined ? {} : { background }),
    ...(moderation === undefined ? {} : { moderation }),
    ...(partialImages === undefined ? {} : { partialImages }),
    ...(seed === undefined ? {} : { seed: seedOf(seed, first) }),
    ...(indices.length > 1 ? { count: indices.length } : {}),
    ...(first > 1 ? { index: first } : {}),
  };
}

const seeds = 2 ** 31;

/** Seed of a picture: that of the first was asked for, and each that follows has the next, as equal ones would make equal pictures. */
function seedOf(seed: number, index: number): number {
  const next = seed + index - 1;
  return next < seeds ? next : next - 2 * seeds;
}
