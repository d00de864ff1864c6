import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPlacesInOrder } from './place-in-order.ts';
import { compareWaiting, predictOrder, type WaitingTask } from './predicted-order.ts';
import { isBefore, type OwnerTurn, tagAt, turnAfter } from './turns.ts';

type Owner = OwnerTurn & { tasks: WaitingTask[] };

const owner = fc.record({
  turn: fc.integer({ min: 0, max: 8 }),
  weight: fc.constantFrom(0.5, 1, 3),
  priorities: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 }),
});
const someOwners = fc.array(owner, { maxLength: 8 }).map((owners) =>
  owners.map(({ turn, weight, priorities }, index): Owner => {
    const tasks = priorities.map((priority, place) => ({
      id: `${String(place).padStart(2, '0')}_${index}`,
      priority,
    }));
    return { ownerId: `own_${index}`, turn, weight, tasks: tasks.toSorted(compareWaiting) };
  }),
);

/** Takes one after another, as the words of turns.ts say. */
function takenOneByOne(owners: readonly Owner[], virtualTime: number): string[] {
  const waiting = owners.map((each) => ({ ...each, tasks: [...each.tasks] }));
  const ids: string[] = [];
  for (;;) {
    const [next] = waiting
      .filter(({ tasks }) => tasks.length > 0)
      .toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
    if (next === undefined) return ids;
    ids.push(next.tasks.shift()?.id ?? '');
    next.turn = turnAfter(tagAt(next.turn, virtualTime), next.weight);
  }
}

function predict(owners: readonly Owner[], virtualTime: number, limit: number) {
  const waiting = owners.filter(({ tasks }) => tasks.length > 0);
  const prediction = predictOrder(waiting, { virtualTime, limit, isAll: true });
  let readTasks = 0;
  let step = prediction.next(new Map());
  while (step.done !== true) {
    const found = new Map<string, WaitingTask[]>();
    for (const [ownerId, count] of step.value) {
      const tasks = waiting.find((each) => each.ownerId === ownerId)?.tasks.slice(0, count) ?? [];
      readTasks += tasks.length;
      found.set(ownerId, tasks);
    }
    step = prediction.next(found);
  }
  return { ...step.value, readTasks };
}

test('the predicted order is that in which tasks are taken one by one, as far as it goes', () => {
  fc.assert(
    fc.property(
      someOwners,
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 1, max: 100 }),
      (owners, time, limit) => {
        const all = takenOneByOne(owners, time);
        const { entries, isWhole } = predict(owners, time, limit);
        expect(entries.map(({ id }) => id)).toEqual(all.slice(0, entries.length));
        expect(entries.length).toBeGreaterThanOrEqual(Math.min(all.length, limit) === 0 ? 0 : 1);
        expect(isWhole).toBe(entries.length === all.length && isWhole);
        if (limit > all.length) expect(isWhole).toBe(true);
      },
    ),
  );
});

test('one owner’s flood beside many that have one task is known as far as asked, and little of it is read', () => {
  const flood = Array.from({ length: 50_000 }, (_, index) => ({
    id: String(index).padStart(5, '0'),
    priority: 0,
  }));
  const quiet = Array.from({ length: 200 }, (_, index): Owner => {
    return { ownerId: `q_${index}`, turn: 0, weight: 1, tasks: [{ id: `q_${index}`, priority: 0 }] };
  });
  const owners = [{ ownerId: 'a', turn: 0, weight: 1, tasks: flood }, ...quiet];
  const { entries, isWhole, readTasks } = predict(owners, 0, 2_000);
  expect(entries).toHaveLength(2_000);
  expect(isWhole).toBe(false);
  expect(readTasks).toBeLessThan(5_000);
});

test('a task that came after the order was read has the place that it would get', () => {
  const entry = (id: string, ownerId: string, tag: number, priority = 0) => ({
    id,
    ownerId,
    tag,
    priority,
    step: 1,
  });
  const entries = [
    entry('b', 'own_a', 5, 1),
    entry('a', 'own_b', 5),
    entry('d', 'own_a', 6),
    entry('e', 'own_a', 7),
  ];
  const whole = createPlacesInOrder({ entries, isWhole: true });
  const part = createPlacesInOrder({ entries, isWhole: false });
  const task = (id: string, ownerId: string, priority = 0) => ({ id, ownerId, priority });
  expect(whole.of(task('d', 'own_a'))).toBe(3);
  // In place of its owner's next one of a lower priority or a higher id, behind its last, and among others who have their turn now.
  expect(whole.of(task('x', 'own_a', 1))).toBe(3);
  expect(whole.of(task('0', 'own_a'))).toBe(3);
  expect(whole.of(task('x', 'own_a'))).toBe(5);
  expect(part.of(task('x', 'own_a'))).toBeNull();
  expect(part.of(task('x', 'own_b'))).toBe(4);
  expect(part.of(task('x', 'own_c'))).toBe(3);
});
