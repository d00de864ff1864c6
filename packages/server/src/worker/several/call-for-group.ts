// Calls for one group of a task for several pictures, one after another while another follows at once. What each brings, or how it goes on
// after a failure, is stored with the end of its attempt.

import type { LoadedInputs } from '../../core/pictures/inputs.ts';
import { failedAttempt, unknownCost } from '../../core/tasks/attempt-ends.ts';
import { lackingFailure } from '../../core/tasks/several-pictures.ts';
import { hasAside, notAsAskedFailure } from '../../core/tasks/deliveries.ts';
import type { Difference } from '../../core/tasks/made-as-asked.ts';
import type { NextCall } from '../../core/tasks/task.ts';
import type { AttemptEnd } from '../../core/tasks/task-queue.ts';
import type { Slot } from '../../core/upstreams/router.ts';
import type { UpstreamResult } from '../../core/upstreams/upstream.ts';
import { type Kept, mayAskElsewhere, toBrought } from '../as-asked.ts';
import { decideNext, lostOperation, type Next } from '../after-failure.ts';
import { type AfterFailure, closeAndGoOn, decideAgain } from '../end-task.ts';
import { endOf, makeCall, tellOfFailure } from '../make-call.ts';
import type { Failed, RunDependencies } from '../run.ts';
import { storeWith, unstored } from '../store-answer.ts';
import type { StoppedCall } from './end-stopped-calls.ts';
import type { PictureRun } from './picture-run.ts';

/**
 * End of the calls for a group. `done`: pictures came. `over`: the attempt says how it goes on, `unmade`: no call was made, so none does. `full`:
 * there is no room beside the calls of other processes. `lost`: the lease is. `narrower`: the next upstream gives fewer for one call.
 */
export type GroupEnd =
  | { kind: 'done' | 'full' | 'lost' }
  | { kind: 'over' | 'unmade'; next: AfterFailure }
  | { kind: 'narrower'; rest: Narrower }
  | { kind: 'stopped'; call: StoppedCall };

/** Pictures whose next call has a slot that gives fewer at once, and where they failed already. */
export interface Narrower extends Pick<PictureRun, 'indices' | 'tried'> {
  slot: Slot;
}

/** Number of pictures that one call with this slot may give. */
export function maxPicturesOf({ upstream, upstreamModel }: Slot): number {
  return upstream.capabilities(upstreamModel).maxPictures ?? 1;
}

/** Rejects only when the store does. `first` is `null` for an operation whose upstream or key is gone from the settings. */
export async function callForGroup(
  dependencies: RunDependencies,
  run: PictureRun,
  first: Slot | null,
  load: () => Promise<LoadedInputs>,
): Promise<GroupEnd> {
  if (first === null) return loseOperation(dependencies, run);
  for (let slot = first; ;) {
    const outcome = await makeCall(dependencies, run, slot, load);
    if (outcome.kind === 'stopped') return { kind: 'stopped', call: { run, slot } };
    slot.release(endOf(run, outcome));
    if (outcome.kind === 'full') return { kind: 'full' };
    const stored =
      outcome.kind === 'answer' ? await storePictures(dependencies, run, outcome.answer, slot) : outcome;
    if (stored.kind !== 'failed') return stored;
    await tellOfFailure(dependencies, run, stored);
    const next = decideNext(dependencies, run, slot, stored);
    if (next.kind !== 'elsewhere') return await noteNext(dependencies, run, next);
    if (!(await closeFor(dependencies, run, next))) return { kind: 'lost' };
    slot = next.slot;
    if (maxPicturesOf(slot) < run.indices.length)
      return { kind: 'narrower', rest: { indices: run.indices, tried: run.tried, slot } };
  }
}

/** Closes the attempt after a failure. False where the lease is lost; the slot of a call elsewhere is free then. */
async function closeFor(
  dependencies: RunDependencies,
  run: PictureRun,
  next: Extract<Next, { kind: 'elsewhere' }>,
): Promise<boolean> {
  let isClosed = false;
  try {
    isClosed = await closeAndGoOn(dependencies, run, { ...next.end, next: { kind: 'elsewhere' } });
  } finally {
    if (!isClosed) next.slot.release({ kind: 'unused' });
  }
  return isClosed;
}

async function noteNext(
  dependencies: RunDependencies,
  run: PictureRun,
  next: AfterFailure & { end: AttemptEnd | null },
): Promise<GroupEnd> {
  if (next.end === null) return { kind: 'unmade', next };
  const end = { ...next.end, next: toStored(next) };
  return (await closeAndGoOn(dependencies, run, end)) ? { kind: 'over', next } : { kind: 'lost' };
}

export function toStored(next: AfterFailure): NextCall {
  return next.kind === 'over' ? { kind: 'none' } : { kind: 'again', at: next.dueAt, usesTry: next.usesTry };
}

async function loseOperation(dependencies: RunDependencies, run: PictureRun): Promise<GroupEnd> {
  const failure = lostOperation(run);
  const end = failedAttempt(failure, unknownCost);
  return noteNext(dependencies, run, { ...decideAgain(dependencies, run, failure, end), end });
}

/** Stores what came under the numbers of the group. Where fewer came than were asked for, or some are not as asked, the others go on. */
async function storePictures(
  dependencies: RunDependencies,
  run: PictureRun,
  answer: UpstreamResult,
  slot: Slot,
): Promise<GroupEnd | Failed> {
  const stored = await storeWith(dependencies, run, { answer, slot }, async (kept) => {
    const end = endWith(dependencies, run, slot, kept);
    const { failure } = end;
    if (failure !== null)
      await tellOfFailure(dependencies, run, { kind: 'failed', failure, usage: undefined });
    return closeAndGoOn(dependencies, run, end);
  });
  if (typeof stored === 'boolean') return { kind: stored ? 'done' : 'lost' };
  if (stored.kind === 'failed') return stored;
  const { reason, end } = stored;
  if (reason === 'lease_lost') return { kind: 'lost' };
  // The pictures of an operation can be fetched again by the next server.
  if (reason === 'shutdown' && run.attempt?.operation != null) return { kind: 'done' };
  const failed = { ...end, outcome: 'failed', failure: unstored, maybeBilled: true } as const;
  return noteNext(dependencies, run, { kind: 'over', failure: unstored, end: failed });
}

/** End of the attempt with its pictures. Those that may be asked for elsewhere are set aside; with all of them it failed. */
function endWith(
  dependencies: RunDependencies,
  run: PictureRun,
  slot: Slot,
  { result, differences, end }: Kept,
): AttemptEnd {
  const { indices } = run;
  const named = differences.map((each, place) => withNumber(each, indices[place]));
  const warnings = named.flatMap((each) => (each.off > 0 ? each.warnings : []));
  const failed = { ...end, failure: notAsAskedFailure(warnings) };
  const goesOn = warnings.length > 0 && mayAskElsewhere(dependencies, run, slot, failed);
  // One that came before may be nearer.
  const isAside = goesOn || hasAside(run);
  const brought = toBrought(result, named, { indices, isAside });
  const asides = brought.pictures.filter(({ aside }) => aside !== undefined).length;
  if (asides === 0 && brought.pictures.length === indices.length) return { ...end, brought };
  const lacking = { ...end, failure: lackingFailure };
  const next =
    brought.pictures.length < indices.length
      ? toStored(decideAgain(dependencies, run, lackingFailure, lacking))
      : goesOn
        ? ({ kind: 'again', at: dependencies.clock.now(), usesTry: false } as const)
        : ({ kind: 'none' } as const);
  return asides === indices.length
    ? { ...failed, outcome: 'failed', maybeBilled: true, brought, next }
    : { ...end, brought, next };
}

/** A difference whose warnings name the picture. */
function withNumber({ off, warnings }: Difference, index = 0): Difference {
  return { off, warnings: warnings.map((warning) => `Picture ${index}: ${warning}`) };
}
