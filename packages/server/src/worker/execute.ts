// Runs one task under its lease: a slot, the call, after a failure perhaps a call elsewhere, the pictures, the end.

import type { CallEnd, Slot } from '../core/upstreams/router.ts';
import type { LeasedTask } from '../core/tasks/task-queue.ts';
import type { UpstreamResult } from '../core/upstreams/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import { afterFailure, endWithoutSlot, loseOperation } from './after-failure.ts';
import { type CallControl, callUpstream, resumeOperation } from './call-upstream.ts';
import { endStopped } from './end-stopped.ts';
import { type EndedAs, toRunning } from './end-task.ts';
import { loadInputs } from './load-inputs.ts';
import { explain, type Failed, type Run, type RunDependencies, type Stopped } from './run.ts';
import { storeAnswer } from './store-answer.ts';

type Outcome = { kind: 'answer'; answer: UpstreamResult } | Failed | Stopped;

/**
 * Runs the task to its next state and writes that. `reserved` is the slot that was set aside for it, `null` where nothing
 * serves its model, and for an operation that is under way. Rejects only when the store does.
 */
export async function execute(
  dependencies: RunDependencies,
  { task, lease }: LeasedTask,
  reserved: Slot | null,
  control: CallControl,
): Promise<EndedAs> {
  const tried = { upstreams: new Set<string>(), credentials: new Set<string>() };
  const running = toRunning(task, lease);
  const copying = Promise.resolve();
  const run: Run = { dependencies, running, control, tried, inputs: null, copying };
  let slot = firstSlot(run, reserved);
  if (slot === null) return run.running.attempt === null ? endWithoutSlot(run) : loseOperation(run);
  for (;;) {
    const outcome = await makeCall(run, slot);
    slot.release(endOf(run, outcome));
    // Once the task is back in the queue, its lease can't write any more. Whoever stops the run does not wait for a slow store.
    await untilAborted(run.copying, control.signal).catch(() => {});
    const stored = outcome.kind === 'answer' ? await storeAnswer(run, outcome.answer, slot) : outcome;
    if (typeof stored === 'string') return stored;
    if (stored.kind === 'stopped') return endStopped(run, stored.reason);
    await tellOfFailure(run, stored);
    const next = await afterFailure(run, slot, stored);
    if (typeof next === 'string') return next;
    slot = next;
  }
}

async function tellOfFailure(
  { dependencies, running: { task, attempt } }: Run,
  { failure, answer }: Failed,
): Promise<void> {
  if (attempt === null) return;
  dependencies.onAttemptFailed(task, attempt, failure);
  if (answer !== undefined) await dependencies.storeUnreadAnswer(task, attempt.number, answer);
}

/** Where the run begins: for an operation that is under way there is only one slot. */
function firstSlot({ dependencies: { router }, running }: Run, reserved: Slot | null): Slot | null {
  if (running.attempt === null) return reserved;
  reserved?.release({ kind: 'unused' });
  const { upstream, upstreamModel, credential } = running.attempt;
  return router.resume({ upstreamName: upstream, credential: credential ?? '', upstreamModel });
}

async function makeCall(run: Run, slot: Slot): Promise<Outcome> {
  const { dependencies, running, control } = run;
  try {
    const operation = running.attempt?.operation;
    if (operation) {
      const answer = await resumeOperation(dependencies, running, slot, operation, control);
      return { kind: 'answer', answer };
    }
    run.inputs ??= await loadInputs(run);
    const answer = await callUpstream(dependencies, running, slot, run.inputs, control);
    return { kind: 'answer', answer };
  } catch (error) {
    return explain(run, error);
  }
}

/** What the slot learns from how its call ended. */
function endOf({ running }: Run, outcome: Outcome): CallEnd {
  if (outcome.kind === 'answer') return { kind: 'succeeded', pictures: outcome.answer.pictures.length };
  if (!running.called) return { kind: 'unused' };
  return outcome.kind === 'stopped' ? { kind: 'stopped' } : { kind: 'failed', failure: outcome.failure };
}
