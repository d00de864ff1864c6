// Tasks for several pictures: which are there, which are still to be made and by what attempts they went, and the result that is made of them
// at the end. All of it is read from the attempts, so that whoever takes the task next knows it. Pure.

import type { TaskFailure } from '../errors.ts';
import type { Usage } from '../upstreams/usage.ts';
import { deliveredIndices, deliveriesOf, hasSetAside, notAsAskedFailure } from './deliveries.ts';
import { type Attempt, countOf, type IndexedPicture, type Task, type TaskResult } from './task.ts';
import type { TaskEnd } from './task-queue.ts';

type Several = Pick<Task, 'attempts'> & { request: Pick<Task['request'], 'count'> };

/** Pictures of a task that are not there and went by the same attempts, so that one call may be for all of them. */
export interface PictureGroup {
  /** Numbers of the pictures, from 1. */
  indices: readonly number[];
  /** Attempts that were for them and have ended. One that brought others of its pictures has the failure that it did not bring these. */
  attempts: Attempt[];
  /** Attempt that is open for them; `null` where none is. */
  open: Attempt | null;
  /** Whether a call brought them that were not as asked, and were set aside. */
  isAside: boolean;
}

/** Failure of the part of a call's pictures that it did not bring. */
export const lackingFailure: TaskFailure = {
  type: 'no_image',
  message: 'The upstream answered with fewer pictures than it was asked for.',
  retryable: true,
};

export const isForSeveral = ({ request }: Pick<Several, 'request'>): boolean => countOf(request) > 1;

export const openAttemptsOf = ({ attempts }: Pick<Task, 'attempts'>): Attempt[] =>
  attempts.filter(({ outcome }) => outcome === null);

/** Pictures that are there and were not set aside, in the order of their numbers. */
export function broughtPictures({ attempts }: Pick<Task, 'attempts'>): IndexedPicture[] {
  return attempts
    .flatMap(({ brought }) => brought?.pictures ?? [])
    .filter(({ aside }) => aside === undefined)
    .toSorted((a, b) => a.index - b.index);
}

export function broughtIndices(task: Pick<Task, 'attempts'>): Set<number> {
  return new Set(broughtPictures(task).map(({ index }) => index));
}

/** Groups of the pictures that are not `there`; by default those that an attempt brought are. */
export function groupsOf(
  { request, attempts }: Several,
  there: ReadonlySet<number> = broughtIndices({ attempts }),
): PictureGroup[] {
  const groups = new Map<string, PictureGroup>();
  for (let index = 1; index <= countOf(request); index += 1) {
    if (there.has(index)) continue;
    const own = attempts.filter(({ indices }) => indices?.includes(index) === true);
    const isAside = own.some((each) => hasSetAside(each, [index]));
    const key = `${own.map(({ number }) => number).join()} ${isAside}`;
    const { indices = [] } = groups.get(key) ?? {};
    const ended = own.filter(({ outcome }) => outcome !== null);
    groups.set(key, {
      indices: [...indices, index],
      attempts: ended.map((each) => withoutThis(each, index)),
      open: own.find(({ outcome }) => outcome === null) ?? null,
      isAside,
    });
  }
  return [...groups.values()];
}

/** An attempt as a picture sees it that it did not bring, or set aside. */
function withoutThis(attempt: Attempt, index: number): Attempt {
  if (attempt.outcome !== 'succeeded') return attempt;
  const { aside } = attempt.brought?.pictures.find((each) => each.index === index) ?? {};
  return { ...attempt, failure: aside === undefined ? lackingFailure : notAsAskedFailure(aside.warnings) };
}

/** Number of tries that the pictures of a group have used. */
export function triesOf({ attempts }: Pick<PictureGroup, 'attempts'>): number {
  return attempts.filter(({ next }) => next?.kind === 'again' && next.usesTry).length;
}

/** Time from which a group may be called, Unix milliseconds; `null` where it is not called any more. */
export function dueAtOf({ attempts }: Pick<PictureGroup, 'attempts'>): number | null {
  const next = attempts.at(-1)?.next;
  if (next?.kind === 'none') return null;
  return next?.kind === 'again' ? next.at : 0;
}

/**
 * Outcome of a task that can't go on: with any picture that is there it is a success, unless it was cancelled. Of a task for one that is a
 * picture which was set aside. `attempts` are closed.
 */
export function outcomeWithPictures(task: Several, outcome: TaskEnd['outcome']): TaskEnd['outcome'] {
  if (outcome.state === 'succeeded' || outcome.failure.type === 'cancelled') return outcome;
  const result = resultOf(task, outcome.failure);
  return result === null ? outcome : { state: 'succeeded', result };
}

/** Result of the pictures that are there; `null` where none is. `failure` is why those were not made for which no call failed. */
export function resultOf(task: Several, failure: TaskFailure | null): TaskResult | null {
  const deliveries = deliveriesOf(task);
  if (deliveries.length === 0) return null;
  const pictures = deliveries.flatMap((each) => each.pictures).toSorted((a, b) => a.index - b.index);
  const results = deliveries.flatMap(({ attempt }) => attempt.brought ?? []);
  const warnings = [
    ...results.flatMap((each) => each.warnings),
    ...pictures.flatMap(({ aside }) => aside?.warnings ?? []),
    ...missingOf(task, failure),
  ];
  const usage = sumOf(results.map((each) => each.usage).filter((each) => each !== undefined));
  return {
    pictures: pictures.map(({ picture }) => picture),
    description: [...new Set(results.map(({ description }) => description))].filter(Boolean).join('\n\n'),
    warnings: [...new Set(warnings)],
    ...(usage === null ? {} : { usage }),
  };
}

/** Reasons that the warning names at most. */
const maxReasons = 3;

/** A sentence for how many pictures are missing, and one for each reason. */
function missingOf(task: Several, failure: TaskFailure | null): string[] {
  const groups = groupsOf(task, deliveredIndices(task));
  const missing = groups.reduce((sum, { indices }) => sum + indices.length, 0);
  if (missing === 0) return [];
  const reasons = new Map<string, number[]>();
  for (const { indices, attempts } of groups) {
    const cause = attempts.findLast((each) => each.failure !== null)?.failure ?? failure;
    const words = cause === null ? 'internal' : `${cause.type}: ${cause.message}`;
    reasons.set(words, [...(reasons.get(words) ?? []), ...indices]);
  }
  const named = [...reasons].slice(0, maxReasons).map(([words, indices]) => `${namesOf(indices)}: ${words}`);
  return [`${missing} of ${countOf(task.request)} pictures could not be made. ${named.join(' ')}`];
}

const namesOf = (indices: readonly number[]) =>
  `${indices.length === 1 ? 'Picture' : 'Pictures'} ${indices.toSorted((a, b) => a - b).join(', ')}`;

function sumOf(usages: readonly Usage[]): Usage | null {
  if (usages.length === 0) return null;
  const sum: Usage = {};
  for (const usage of usages)
    for (const [name, value] of Object.entries(usage)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}
