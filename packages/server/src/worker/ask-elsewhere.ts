// The end of a call for one picture: its task ends with it, or, where it is not as asked and another upstream may give a better one, goes there.

import { notAsAskedFailure } from '../core/tasks/deliveries.ts';
import { resultOf } from '../core/tasks/several-pictures.ts';
import { needOf } from '../core/upstreams/needs.ts';
import { closeAttempt } from '../core/tasks/task-moves.ts';
import type { BroughtPictures, TaskResult } from '../core/tasks/task.ts';
import type { AttemptEnd } from '../core/tasks/task-queue.ts';
import type { Slot } from '../core/upstreams/router.ts';
import { avoidTried, type Kept, mayAskElsewhere, toBrought } from './as-asked.ts';
import { closeAndGoOn, type EndedAs, succeed } from './end-task.ts';
import { tellOfFailure } from './make-call.ts';
import type { RunDependencies } from './run.ts';
import type { TaskRun } from './task-run.ts';

/** A call elsewhere follows at once, with this slot. */
export interface Elsewhere {
  kind: 'elsewhere';
  slot: Slot;
}

export async function deliverOrAskElsewhere(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  { result, differences, end }: Kept,
): Promise<EndedAs | Elsewhere> {
  const warnings = [...new Set(differences.flatMap((each) => each.warnings))];
  const delivered = { ...result, warnings: [...result.warnings, ...warnings] };
  const nearest = nearestOf({ result, differences });
  if (nearest === null) return succeed(dependencies, run, delivered, end);
  const failure = notAsAskedFailure(nearest.pictures.flatMap(({ aside }) => aside?.warnings ?? []));
  const aside: AttemptEnd = { ...end, outcome: 'failed', failure, maybeBilled: true, brought: nearest };
  if (mayAskElsewhere(dependencies, run, slot, aside)) {
    run.tried.upstreams.add(slot.upstreamName);
    const next = dependencies.router.acquire(needOf(run.task), avoidTried(run));
    if (next !== null) return goElsewhere(dependencies, run, next, aside);
  }
  const earlier = earlierIfNearer(run, aside);
  return earlier === null
    ? succeed(dependencies, run, delivered, end)
    : succeed(dependencies, run, earlier, aside);
}

/** The picture that is nearest to what was asked for, as one that is set aside; `null` where one is as asked. */
function nearestOf({ result, differences }: Pick<Kept, 'result' | 'differences'>): BroughtPictures | null {
  const least = Math.min(...differences.map(({ off }) => off));
  if (!(least > 0)) return null;
  const place = differences.findIndex(({ off }) => off === least);
  const one = { ...result, pictures: result.pictures.slice(place, place + 1) };
  return toBrought(one, differences.slice(place, place + 1), { indices: [1], isAside: true });
}

/** Result of an earlier attempt whose picture is at least as near as that which came now; `null` where none is. */
function earlierIfNearer({ task, attempt }: TaskRun, aside: AttemptEnd): TaskResult | null {
  if (attempt === null) return null;
  const attempts = [...task.attempts, closeAttempt(attempt, aside, attempt.startedAt)];
  const [first] = resultOf({ ...task, attempts }, null)?.pictures ?? [];
  return first === undefined || first.key === aside.brought?.pictures[0]?.picture.key
    ? null
    : resultOf({ ...task, attempts }, null);
}

async function goElsewhere(
  dependencies: RunDependencies,
  run: TaskRun,
  slot: Slot,
  end: AttemptEnd,
): Promise<EndedAs | Elsewhere> {
  let isClosed = false;
  try {
    if (end.failure !== null)
      await tellOfFailure(dependencies, run, { kind: 'failed', failure: end.failure, usage: undefined });
    isClosed = await closeAndGoOn(dependencies, run, end);
  } finally {
    if (!isClosed) slot.release({ kind: 'unused' });
  }
  return isClosed ? { kind: 'elsewhere', slot } : 'lease_lost';
}
