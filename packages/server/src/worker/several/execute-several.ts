// Runs a task for several pictures under its lease. Pictures that went by the same attempts are a group, with a call of its own beside those of
// other groups: the first has the slot that the task was taken with, and the others have what waiting tasks leave. Each call's pictures are
// stored at once, and each decision about the next call is, so that nothing that is there is asked for again by whoever has the task next.

import type { TaskFailure } from '../../core/errors.ts';
import {
  dueAtOf,
  lackingFailure,
  type PictureGroup,
  groupsOf,
  resultOf,
} from '../../core/tasks/several-pictures.ts';
import type { Slot } from '../../core/upstreams/router.ts';
import { untilAborted } from '../../lib/abort.ts';
import { soon } from '../after-failure.ts';
import { type EndedAs, endFailed, putBack, succeed } from '../end-task.ts';
import { loadInputs } from '../load-inputs.ts';
import { needOf, type RunDependencies } from '../run.ts';
import type { TaskRun } from '../task-run.ts';
import type { SeveralDependencies } from './call-room.ts';
import { callForGroup, type GroupEnd } from './call-for-group.ts';
import { closeLostCalls } from './close-lost-calls.ts';
import { endStoppedCalls, releaseCalls, type StoppedCall } from './end-stopped-calls.ts';
import { PictureRun, type Shares } from './picture-run.ts';
import { inTurn } from './in-turn.ts';
import { untilOneOf } from './until-one-of.ts';

/** Course of a run, as far as its attempts do not tell it. */
interface Course {
  /** Calls that go on, by the first of their pictures. */
  calls: Map<number, Promise<void>>;
  stopped: StoppedCall[];
  shares: Shares;
  /** Groups that wait although no attempt says so, by the first of their pictures, until a time in Unix milliseconds. */
  waits: Map<number, number>;
  /** Groups for which no call could be made. */
  failed: Map<number, TaskFailure>;
  /** Failure of the last group that is over. */
  last: TaskFailure | null;
  /** Whether a try was used for which there is no attempt. */
  usesTry: boolean;
  /** Slot that the task was taken with. */
  reserved: Slot | null;
  thrown: { error: unknown } | null;
  inputs: ReturnType<typeof loadInputs> | null;
}

export async function executeSeveral(
  given: SeveralDependencies,
  run: TaskRun,
  reserved: Slot | null,
): Promise<EndedAs> {
  const dependencies = { ...given, store: inTurn(given.store) };
  const course: Course = {
    calls: new Map(),
    stopped: [],
    shares: new Map(),
    waits: new Map(),
    failed: new Map(),
    last: null,
    usesTry: false,
    reserved,
    thrown: null,
    inputs: null,
  };
  try {
    if (!(await closeLostCalls(dependencies, run))) return 'lease_lost';
    await untilNothingGoesOn(dependencies, run, course);
  } finally {
    course.reserved?.release({ kind: 'unused' });
  }
  if (course.thrown !== null) {
    releaseCalls(dependencies, course.stopped);
    throw course.thrown.error;
  }
  if (run.signal.aborted) return endStoppedCalls(dependencies, run, course.stopped);
  // Once the task is back in the queue, its lease can't write any more. Whoever stops the run does not wait for a slow store.
  await untilAborted(run.copying, run.signal).catch(() => {});
  return endOrPutBack(dependencies, run, course);
}

/** Makes calls until none goes on and none can be begun, or the run has to stop and all have stopped. */
async function untilNothingGoesOn(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
): Promise<void> {
  for (;;) {
    const isOver = run.signal.aborted;
    if (isOver && course.calls.size === 0) return;
    const nextAt = isOver ? Number.POSITIVE_INFINITY : beginCalls(dependencies, run, course);
    if (course.calls.size === 0) return;
    await untilOneOf(dependencies, { calls: course.calls.values(), nextAt, isOver, signal: run.signal });
  }
}

/** Begins what can be begun now; gives when something may change by itself, Unix milliseconds. */
function beginCalls(dependencies: SeveralDependencies, run: TaskRun, course: Course): number {
  const now = dependencies.clock.now();
  let nextAt = Number.POSITIVE_INFINITY;
  for (const group of idleGroups(run, course)) {
    const dueAt = dueAtFor(group, course);
    if (dueAt > now) {
      nextAt = Math.min(nextAt, dueAt);
      continue;
    }
    const isSetAside = run.isSetAside && course.reserved !== null;
    const slot = slotFor(dependencies, run, group, course);
    if (slot !== null) begin(dependencies, run, course, { group: fittedTo(group, slot), slot, isSetAside });
    else if (group.open !== null) begin(dependencies, run, course, { group, slot: null, isSetAside: false });
    else noteBlocked(dependencies, run, group, course);
  }
  return nextAt;
}

/** Groups without a call that are not over. */
function idleGroups(run: TaskRun, { calls, failed }: Course): PictureGroup[] {
  return groupsOf(run.task).filter(
    (group) => !calls.has(placeOf(group)) && !failed.has(placeOf(group)) && dueAtOf(group) !== null,
  );
}

const placeOf = ({ indices: [first = 0] }: Pick<PictureGroup, 'indices'>): number => first;

const dueAtFor = (group: PictureGroup, { waits }: Course): number =>
  group.open === null ? Math.max(dueAtOf(group) ?? 0, waits.get(placeOf(group)) ?? 0) : 0;

/** The slot of an operation that is under way, that of the take, or one that is free; `null` where there is none now. */
function slotFor(
  { router, room }: SeveralDependencies,
  run: TaskRun,
  { open }: PictureGroup,
  course: Course,
) {
  if (open !== null) {
    const { upstream, upstreamModel, credential } = open;
    return router.resume({ upstreamName: upstream, credential: credential ?? '', upstreamModel });
  }
  const { reserved } = course;
  course.reserved = null;
  if (reserved !== null) return reserved;
  // Where tasks wait it is taken again for the next picture, in its turn.
  if (room.isWaitedFor(run.task.model) || (course.calls.size > 0 && !room.hasMore())) return null;
  return router.acquire(needOf(run.task));
}

/** As many pictures of the group as the upstream gives for one call. */
function fittedTo(group: PictureGroup, { upstream, upstreamModel }: Slot): PictureGroup {
  const { maxPictures = 1 } = upstream.capabilities(upstreamModel);
  return group.open === null ? { ...group, indices: group.indices.slice(0, maxPictures) } : group;
}

function noteBlocked(
  { router }: SeveralDependencies,
  run: TaskRun,
  group: PictureGroup,
  course: Course,
): void {
  const availability = router.availability(needOf(run.task));
  if (availability.kind !== 'blocked') return;
  course.failed.set(placeOf(group), availability.failure);
  course.last = availability.failure;
}

function begin(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
  { group, slot, isSetAside }: { group: PictureGroup; slot: Slot | null; isSetAside: boolean },
): void {
  const place = placeOf(group);
  const { room } = dependencies;
  const pictures = new PictureRun(run, group, { shares: course.shares, isSetAside });
  const load = () => (course.inputs ??= loadInputs(dependencies, run));
  const call = callForGroup(dependencies, pictures, slot, load)
    .then((end) => noteEnd(dependencies, run, course, { place, end }))
    .catch((error: unknown) => {
      course.thrown ??= { error };
      run.stop('lease_lost');
    })
    .finally(() => {
      course.calls.delete(place);
      room.count(run, course.calls.size);
    });
  course.waits.delete(place);
  course.calls.set(place, call);
  room.count(run, course.calls.size);
}

function noteEnd(
  dependencies: RunDependencies,
  run: TaskRun,
  course: Course,
  { place, end }: { place: number; end: GroupEnd },
): void {
  if (end.kind === 'lost') run.stop('lease_lost');
  if (end.kind === 'stopped') course.stopped.push(end.call);
  if (end.kind === 'full') course.waits.set(place, soon(dependencies));
  if (end.kind !== 'unmade' && end.kind !== 'over') return;
  if (end.next.kind === 'over') course.last = end.next.failure;
  if (end.kind === 'over') return;
  // No attempt says it.
  if (end.next.kind === 'over') course.failed.set(place, end.next.failure);
  else course.waits.set(place, end.next.dueAt);
  course.usesTry ||= end.next.kind === 'again' && end.next.usesTry;
  // The next call loads them anew.
  course.inputs = null;
}

/** The end where every picture is there or is not asked for any more; else back to the queue until the first group is due. */
async function endOrPutBack(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
): Promise<EndedAs> {
  const idle = idleGroups(run, course);
  if (idle.length > 0) {
    // It is taken again when there is a slot, by its place among others that wait.
    const due = Math.min(...idle.map((group) => dueAtFor(group, course)));
    const dueAt = Math.max(due, dependencies.clock.now());
    return putBack(dependencies, run, { dueAt, usesTry: course.usesTry }, null);
  }
  const result = resultOf(run.task, course.last);
  if (result === null) return endFailed(dependencies, run, failureOf(run, course), null);
  return succeed(dependencies, run, result, null);
}

/** The failure of the group that was over last: of a run before this one, where this one made no call. */
function failureOf({ task }: TaskRun, { last }: Course): TaskFailure {
  const before = task.attempts.findLast(({ failure }) => failure !== null)?.failure;
  return last ?? before ?? lackingFailure;
}
