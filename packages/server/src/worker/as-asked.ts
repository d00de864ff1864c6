// Comparison of the pictures of a call with what it was asked for, and, by the setting `not_as_asked`, the way to another upstream with those that
// differ: they are stored and set aside, so that they are shown where no other upstream gives a better one.

import { fitRequest } from '../core/models/capabilities.ts';
import type { Blank } from '../core/pictures/picture-bytes.ts';
import { hasSetAside } from '../core/tasks/deliveries.ts';
import { type Difference, differenceOf } from '../core/tasks/made-as-asked.ts';
import { mayCallAgain } from '../core/tasks/retry-policy.ts';
import { needOf } from '../core/upstreams/needs.ts';
import type { BroughtPictures, StoredPicture, Task, TaskResult } from '../core/tasks/task.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import type { Avoid, Slot } from '../core/upstreams/router.ts';
import type { CallRun } from './call-run.ts';
import { attemptsWith } from './end-task.ts';
import type { RunDependencies } from './run.ts';

/** Pictures of a call that are stored. */
export interface Kept {
  result: TaskResult;
  /** How each picture differs from what was asked for. */
  differences: Difference[];
  /** End of the attempt as a success. */
  end: AttemptEnd;
}

/** Compares each picture with what the model of this slot can make and was asked to. */
export function differencesOf(
  { task }: CallRun,
  { upstream, upstreamModel }: Slot,
  { pictures, blanks }: { pictures: readonly StoredPicture[]; blanks: readonly (Blank | undefined)[] },
): Difference[] {
  const { aspectRatio, imageSize } = task.request;
  const asked = { model: upstreamModel, aspectRatio, imageSize };
  const { request: fitted } = fitRequest(asked, upstream.capabilities(upstreamModel));
  return pictures.map((picture, place) => differenceOf(fitted, picture, blanks[place]));
}

/** Upstreams and credentials to leave alone: where this run has failed, and where pictures came from that were set aside. */
export function avoidTried(run: Pick<CallRun, 'tried' | 'task' | 'indices'>): Avoid {
  const { tried, task, indices } = run;
  const avoid = avoidAside({ attempts: task.attempts, indices });
  return (each) =>
    tried.upstreams.has(each.upstreamName) || tried.credentials.has(nameOf(each)) || avoid(each);
}

/** Upstreams to leave alone, as pictures that came from there were set aside; of a task for several only those of `indices` count. */
export function avoidAside({ attempts, indices }: Pick<Task, 'attempts'> & Pick<CallRun, 'indices'>): Avoid {
  const aside = new Set(
    attempts.filter((each) => hasSetAside(each, indices)).map(({ upstream }) => upstream),
  );
  return ({ upstreamName }) => aside.has(upstreamName);
}

export const nameOf = ({ upstreamName, credential }: Pick<Slot, 'upstreamName' | 'credential'>) =>
  `${upstreamName} ${credential}`;

/**
 * Whether pictures that are not as asked may be asked for elsewhere: the setting says so, another upstream has room at this moment, and the attempts,
 * the open one as `end` closes it, leave one more call. The run keeps away from this upstream then.
 */
export function mayAskElsewhere(
  { notAsAsked, policy, router }: RunDependencies,
  run: CallRun,
  { upstreamName }: Slot,
  end: AttemptEnd,
): boolean {
  if (notAsAsked !== 'next_upstream' || !mayCallAgain(attemptsWith(run, end), policy)) return false;
  const avoid = avoidTried(run);
  const availability = router.availability(
    needOf(run.task),
    (each) => each.upstreamName === upstreamName || avoid(each),
  );
  return availability.kind === 'open';
}

/**
 * Gives a result the numbers of its pictures, and the warnings of those that are shown with it. With `isAside` pictures that are off are set aside
 * with theirs.
 */
export function toBrought(
  { warnings, ...result }: TaskResult,
  differences: readonly Difference[],
  { indices, isAside }: { indices: readonly number[]; isAside: boolean },
): BroughtPictures {
  const shown = new Set(warnings);
  const pictures = result.pictures.map((picture, place) => {
    const { off = 0, warnings: own = [] } = differences[place] ?? {};
    const index = indices[place] ?? 0;
    if (isAside && off > 0) return { index, picture, aside: { off, warnings: own } };
    for (const warning of own) shown.add(warning);
    return { index, picture };
  });
  return { ...result, pictures, warnings: [...shown] };
}
