// Pictures that a task shows, of those that its calls brought. A picture that is not as asked may have been set aside while another upstream was
// asked: it is shown where no call brought one that is as asked, nor one that is nearer to it, so that nothing is lost that was paid for. Pure.

import type { TaskFailure } from '../errors.ts';
import type { Attempt, IndexedPicture, Task } from './task.ts';

type WithAttempts = Pick<Task, 'attempts'>;

/** Pictures that an attempt brought and the task shows. */
export interface Delivery {
  attempt: Attempt;
  pictures: IndexedPicture[];
}

/** Deliveries in the order of their attempts; attempts without one are left out. */
export function deliveriesOf({ attempts }: WithAttempts): Delivery[] {
  const best = new Map<number, IndexedPicture>();
  for (const picture of attempts.flatMap(({ brought }) => brought?.pictures ?? [])) {
    const other = best.get(picture.index);
    if (other === undefined || offOf(picture) < offOf(other)) best.set(picture.index, picture);
  }
  const shown = new Set(best.values());
  return attempts
    .map((attempt) => ({
      attempt,
      pictures: attempt.brought?.pictures.filter((each) => shown.has(each)) ?? [],
    }))
    .filter(({ pictures }) => pictures.length > 0);
}

const offOf = ({ aside }: IndexedPicture): number => aside?.off ?? 0;

/** Numbers of the pictures that the task would show if it ended now. */
export function deliveredIndices(task: WithAttempts): Set<number> {
  return new Set(deliveriesOf(task).flatMap(({ pictures }) => pictures.map(({ index }) => index)));
}

/** Whether the attempt set aside one of these pictures, or without `indices` any. */
export function hasSetAside({ brought }: Pick<Attempt, 'brought'>, indices?: readonly number[]): boolean {
  return (
    brought?.pictures.some(
      ({ index, aside }) => aside !== undefined && (indices?.includes(index) ?? true),
    ) === true
  );
}

/** Whether one of these pictures was set aside: it is asked for at another upstream at once or shown, and never goes back to the queue. */
export const hasAside = ({
  task,
  indices,
}: {
  task: WithAttempts;
  indices: readonly number[] | undefined;
}): boolean => task.attempts.some((each) => hasSetAside(each, indices));

/** Failure of a call whose pictures were set aside. `warnings` say how they differ, one at least. */
export function notAsAskedFailure([first = '']: readonly string[]): TaskFailure {
  return {
    type: 'no_image',
    message: `The picture is not as asked, and is shown only if no other upstream makes a better one: ${first}`,
    retryable: true,
    upstreamReason: 'not as asked',
    maybeBilled: true,
  };
}
