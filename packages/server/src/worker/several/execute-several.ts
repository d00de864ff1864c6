// Runs a task for several pictures under its lease. Pictures that went by the same attempts are a group, with a call of its own beside those of
// other groups: the first has the slot that the task was taken with, and the others have what waiting tasks leave. Each call's pictures are
// stored at once, and each decision about the next call is, so that nothing that is there is asked for again by whoever has the task next.

import type { TaskFailure } from '../../core/errors.ts';
import { type Attempt, countOf } from '../../core/tasks/task.ts';
import {
  broughtIndices,
  dueAtOf,
  lackingFailure,
  type PictureGroup,
  groupsOf,
  resultOf,
} from '../../core/tasks/several-pictures.ts';
import { needOf } from '../../core/upstreams/needs.ts';
import type { Slot } from '../../core/upstreams/router.ts';
import { untilAborted } from '../../lib/abort.ts';
import { avoidAside, avoidTried } from '../as-asked.ts';
import { soon } from '../after-failure.ts';
import { type EndedAs, endFailed, putBack, succeed } from '../end-task.ts';
import { loadInputs } from '../load-inputs.ts';
import type { RunDependencies } from '../run.ts';
import type { TaskRun } from '../task-run.ts';
import type { SeveralDependencies } from './call-room.ts';
import { callForGroup, type GroupEnd, maxPicturesOf, type Narrower } from './call-for-group.ts';
import { closeLostCalls } from './close-lost-calls.ts';
import { endStoppedCalls, releaseCalls, type StoppedCall } from './end-stopped-calls.ts';
import { PictureRun, type Shares } from './picture-run.ts';
import { inTurn } from './in-turn.ts';
import { untilOneOf } from './until-one-of.ts';

/** Course of a run, as far as its attempts do not tell it. */
interface Course {
  /** Calls that go on. */
  calls: Set<Promise<void>>;
  /** Numbers of the pictures that they are for. */
  busy: Set<number>;
  stopped: StoppedCall[];
  shares: Shares;
  /** Pictures that wait although no attempt says so, until a time in Unix milliseconds. */
  waits: Map<number, number>;
  /** Pictures for which no call could be made. */
  failed: Set<number>;
  /** Failure of the last group that is over. */
  last: TaskFailure | null;
  /** Whether a try was used for which there is no attempt. */
  usesTry: boolean;
  /** Slot that the task was taken with. */
  reserved: Slot | null;
  /** Slots whose upstreams give fewer pictures for one call than the call before was for. */
  narrower: Narrower[];
  /** Where pictures that are without a call failed in this run, by their numbers. */
  tried: Map<number, PictureRun['tried']>;
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
    calls: new Set(),
    busy: new Set(),
    stopped: [],
    shares: new Map(),
    waits: new Map(),
    failed: new Set(),
    last: null,
    usesTry: false,
    reserved,
    narrower: [],
    tried: new Map(),
    thrown: null,
    inputs: null,
  };
  try {
    if (!(await closeLostCalls(dependencies, run))) return 'lease_lost';
    run.advance(broughtIndices(run.task).size / countOf(run.task.request));
    await untilNothingGoesOn(dependencies, run, course);
  } finally {
    course.reserved?.release({ kind: 'unused' });
    for (const { slot } of course.narrower) slot.release({ kind: 'unused' });
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
    await untilOneOf(dependencies, { calls: course.calls, nextAt, isOver, signal: run.signal });
  }
}

/** Begins what can be begun now; gives when something may change by itself, Unix milliseconds. */
function beginCalls(dependencies: SeveralDependencies, run: TaskRun, course: Course): number {
  const now = dependencies.clock.now();
  let nextAt = Number.POSITIVE_INFINITY;
  for (const each of course.narrower.splice(0)) beginNarrower(dependencies, run, course, each);
  for (const { group, dueAt } of idleGroups(run, course)) {
    if (dueAt > now) nextAt = Math.min(nextAt, dueAt);
    else if (group.open === null) beginGroup(dependencies, run, course, group);
    else begin(dependencies, run, course, { group, slot: slotOf(dependencies, group.open) });
  }
  return nextAt;
}

interface IdleGroup {
  group: PictureGroup;
  dueAt: number;
}

/** Pictures without a call that are not given up, in their groups, with the time from which they may be called. */
function idleGroups(run: TaskRun, { busy, failed, waits }: Course): IdleGroup[] {
  return groupsOf(run.task).flatMap((group) => {
    const dueAt = dueAtOf(group);
    if (dueAt === null) return [];
    const idle = group.indices.filter((index) => !busy.has(index) && !failed.has(index));
    const byTime = Map.groupBy(idle, (index) => (group.open === null ? (waits.get(index) ?? 0) : 0));
    return [...byTime].map(([until, indices]) => ({
      group: { ...group, indices },
      dueAt: group.open === null ? Math.max(dueAt, until) : 0,
    }));
  });
}

/** Begins a call for as many of the pictures as it gives. The others go on as they can, and not where they failed. */
function beginNarrower(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
  { indices, tried, slot }: Narrower,
): void {
  for (const index of indices) course.tried.set(index, tried);
  const [first = 0] = indices;
  const group = groupsOf(run.task).find((each) => each.indices.includes(first));
  if (group === undefined) return slot.release({ kind: 'unused' });
  begin(dependencies, run, course, {
    group: { ...group, indices: indices.slice(0, maxPicturesOf(slot)) },
    slot,
  });
}

/** Makes as many calls for the pictures of a group as there are slots, each for as many as its upstream gives for one. */
function beginGroup(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
  group: PictureGroup,
): void {
  for (let left = group.indices; left.length > 0;) {
    const isSetAside = run.isSetAside && course.reserved !== null;
    const slot = group.isAside
      ? dependencies.router.acquire(needOf(run.task), avoidAside(group))
      : freeSlot(dependencies, run, course, group);
    if (slot === null) return noteBlocked(dependencies, run, course, { ...group, indices: left });
    const maxPictures = maxPicturesOf(slot);
    const indices = left.slice(0, maxPictures);
    begin(dependencies, run, course, { group: { ...group, indices }, slot, isSetAside });
    left = left.slice(maxPictures);
  }
}

/** The slot of an operation that is under way; `null` where its upstream or key is gone from the settings. */
function slotOf({ router }: SeveralDependencies, { upstream, upstreamModel, credential }: Attempt) {
  return router.resume({ upstreamName: upstream, credential: credential ?? '', upstreamModel });
}

/** The slot that the task was taken with, or one that is free; `null` where there is none now. */
function freeSlot(
  { router, room }: SeveralDependencies,
  run: TaskRun,
  course: Course,
  { indices: [first = 0] }: PictureGroup,
): Slot | null {
  const { reserved } = course;
  course.reserved = null;
  if (reserved !== null) return reserved;
  // Where tasks wait it is taken again for the next picture, in its turn.
  if (room.isWaitedFor(run.task.model) || (course.calls.size > 0 && !room.hasMore())) return null;
  const tried = course.tried.get(first);
  return router.acquire(needOf(run.task), tried && avoidTried({ tried, task: run.task, indices: [first] }));
}

function noteBlocked(
  { router }: SeveralDependencies,
  run: TaskRun,
  course: Course,
  { indices, isAside }: PictureGroup,
): void {
  // Elsewhere now, or not at all: a picture of it is there.
  if (isAside) for (const index of indices) course.failed.add(index);
  if (isAside) return;
  const availability = router.availability(needOf(run.task));
  if (availability.kind !== 'blocked') return;
  for (const index of indices) course.failed.add(index);
  course.last = availability.failure;
}

function begin(
  dependencies: SeveralDependencies,
  run: TaskRun,
  course: Course,
  { group, slot, isSetAside = false }: { group: PictureGroup; slot: Slot | null; isSetAside?: boolean },
): void {
  const { room } = dependencies;
  const { indices } = group;
  const tried = course.tried.get(indices[0] ?? 0);
  const pictures = new PictureRun(run, group, { shares: course.shares, isSetAside, tried });
  const load = () => (course.inputs ??= loadInputs(dependencies, run));
  const call = callForGroup(dependencies, pictures, slot, load)
    .then((end) => noteEnd(dependencies, run, course, { indices, end }))
    .catch((error: unknown) => {
      course.thrown ??= { error };
      run.stop('lease_lost');
    })
    .finally(() => {
      for (const index of indices) course.busy.delete(index);
      course.calls.delete(call);
      room.count(run, course.calls.size);
    });
  for (const index of indices) {
    course.waits.delete(index);
    course.busy.add(index);
  }
  course.calls.add(call);
  room.count(run, course.calls.size);
}

function noteEnd(
  dependencies: RunDependencies,
  run: TaskRun,
  course: Course,
  { indices, end }: { indices: readonly number[]; end: GroupEnd },
): void {
  if (end.kind === 'lost') run.stop('lease_lost');
  if (end.kind === 'narrower') course.narrower.push(end.rest);
  if (end.kind === 'stopped') course.stopped.push(end.call);
  if (end.kind === 'full') for (const index of indices) course.waits.set(index, soon(dependencies));
  if (end.kind !== 'unmade' && end.kind !== 'over') return;
  if (end.next.kind === 'over') course.last = end.next.failure;
  if (end.kind === 'over') return;
  // No attempt says it.
  for (const index of indices)
    if (end.next.kind === 'over') course.failed.add(index);
    else course.waits.set(index, end.next.dueAt);
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
    const due = Math.min(...idle.map((each) => each.dueAt));
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
