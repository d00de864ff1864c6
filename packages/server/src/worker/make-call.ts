// One call of a run, as what came of it: an answer, a failure, no room for it, or a stop.

import type { LoadedInputs } from '../core/pictures/inputs.ts';
import type { CallEnd, Slot } from '../core/upstreams/router.ts';
import type { CallRun } from './call-run.ts';
import { callUpstream, resumeOperation } from './call-upstream.ts';
import { traceCall } from './traces/trace-run.ts';
import { explain, type Failed, type Outcome, type RunDependencies, type Stopped } from './run.ts';

/** Follows the operation of the open attempt, or makes a call with the inputs that `load` gives. */
export function makeCall(
  dependencies: RunDependencies,
  run: CallRun,
  slot: Slot,
  load: () => Promise<LoadedInputs>,
): Promise<Outcome> {
  return traceCall(dependencies.tracer, run, slot, () => makeOneCall(dependencies, run, slot, load));
}

async function makeOneCall(
  dependencies: RunDependencies,
  run: CallRun,
  slot: Slot,
  load: () => Promise<LoadedInputs>,
): Promise<Outcome> {
  try {
    const operation = run.attempt?.operation;
    if (operation) {
      const answer = await resumeOperation(dependencies, run, slot, operation);
      return { kind: 'answer', answer };
    }
    const answer = await callUpstream(dependencies, run, slot, await load());
    return { kind: 'answer', answer };
  } catch (error) {
    return explain(dependencies, run, error);
  }
}

/** End of the call, as the slot learns of it. */
export function endOf({ isCalled }: CallRun, outcome: Exclude<Outcome, Stopped>): CallEnd {
  if (outcome.kind === 'answer') return { kind: 'succeeded', pictures: outcome.answer.pictures.length };
  return outcome.kind === 'failed' && isCalled
    ? { kind: 'failed', failure: outcome.failure }
    : { kind: 'unused' };
}

export async function tellOfFailure(
  dependencies: RunDependencies,
  { task, attempt }: CallRun,
  { failure, answer }: Failed,
): Promise<void> {
  if (attempt === null) return;
  const { number, upstream, credential } = attempt;
  dependencies.emit('attempt_failed', {
    task: task.id,
    attempt: number,
    upstream,
    key: credential,
    type: failure.type,
  });
  if (answer !== undefined) await dependencies.storeUnreadAnswer(task, number, answer);
}
