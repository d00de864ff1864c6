// Runs one task under its lease: a slot, the call, after a failure perhaps a call elsewhere, the pictures, the end.

import { isForSeveral } from '../core/tasks/several-pictures.ts';
import type { Slot } from '../core/upstreams/router.ts';
import { untilAborted } from '../lib/abort.ts';
import { afterFailure, afterRefusal, endWithoutSlot, loseOperation } from './after-failure.ts';
import { endStopped } from './end-stopped.ts';
import type { EndedAs } from './end-task.ts';
import { loadInputs } from './load-inputs.ts';
import { endOf, makeCall, tellOfFailure } from './make-call.ts';
import type { Full, Outcome, RunDependencies, Stopped } from './run.ts';
import { storeAnswer } from './store-answer.ts';
import type { SeveralDependencies } from './several/call-room.ts';
import { executeSeveral } from './several/execute-several.ts';
import type { TaskRun } from './task-run.ts';

/**
 * Runs the task to its next state and writes that. `reserved` is the slot that was set aside for it, `null` where nothing
 * serves its model, and for an operation that is under way. Rejects only when the store does.
 */
export async function execute(
  dependencies: SeveralDependencies,
  run: TaskRun,
  reserved: Slot | null,
): Promise<EndedAs> {
  if (isForSeveral(run.task)) return executeSeveral(dependencies, run, reserved);
  const first = firstSlot(dependencies, run, reserved);
  if (first === null) return (run.isCalled ? loseOperation : endWithoutSlot)(dependencies, run);
  for (let slot = first; ;) {
    const outcome = await makeCall(dependencies, run, slot, async () => {
      run.inputs ??= await loadInputs(dependencies, run);
      return run.inputs;
    });
    if (outcome.kind === 'stopped') return endStopped(dependencies, run, slot, outcome.reason);
    slot.release(endOf(run, outcome));
    // Once the task is back in the queue, its lease can't write any more. Whoever stops the run does not wait for a slow store.
    await untilAborted(run.copying, run.signal).catch(() => {});
    const next: Slot | EndedAs =
      outcome.kind === 'full'
        ? await afterRefusal(dependencies, run)
        : await afterCall(dependencies, run, slot, outcome);
    if (typeof next === 'string') return next;
    slot = next;
  }
}

/** Stores what the call gave; gives the slot of the next one where it failed and another follows at once, else how the run ended. */
async function afterCall(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  outcome: Exclude<Outcome, Full | Stopped>,
): Promise<Slot | EndedAs> {
  const stored =
    outcome.kind === 'answer' ? await storeAnswer(dependencies, run, outcome.answer, slot) : outcome;
  if (typeof stored === 'string') return stored;
  if (stored.kind === 'elsewhere') return stored.slot;
  await tellOfFailure(dependencies, run, stored);
  return afterFailure(dependencies, run, slot, stored);
}

/** Where the run begins: for an operation that is under way there is only one slot. */
function firstSlot(
  { router }: RunDependencies,
  { attempt, isCalled }: TaskRun,
  reserved: Slot | null,
): Slot | null {
  if (attempt === null || !isCalled) return reserved;
  reserved?.release({ kind: 'unused' });
  const { upstream, upstreamModel, credential } = attempt;
  return router.resume({ upstreamName: upstream, credential: credential ?? '', upstreamModel });
}
