import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairOrderModel } from '../../store/conformance/fair-order-model.fixture.ts';
import { createTurnOrder, isBefore, type OwnerTurn } from './turns.ts';

const unlimited = Number.POSITIVE_INFINITY;
const weight = fc.constantFrom(0.5, 1, 2, 5);

/** Fills the lane of an owner. */
function fill(model: FairOrderModel, ownerId: string, count: number, inputs = 0): void {
  for (let index = 0; index < count; index += 1)
    model.submit({ id: `${ownerId} ${inputs} ${model.tasks.size}`, ownerId, inputs, priority: 0 });
}

test('owners that all have tasks waiting are served by their weights, within one task, over any stretch', () => {
  fc.assert(
    fc.property(
      fc.array(weight, { minLength: 2, maxLength: 5 }),
      fc.nat(50),
      fc.nat(50),
      (weights, from, length) => {
        const owners = weights.map((each, index) => ({
          ownerId: `own_${index}`,
          weight: each,
          running: unlimited,
        }));
        const model = new FairOrderModel(owners);
        for (const { ownerId } of owners) fill(model, ownerId, 120);
        model.take([{ inputs: 0, limit: from }], 0);
        const taken = model.take([{ inputs: 0, limit: length }], 0);
        const served = owners.map(({ ownerId, weight: of }) => {
          const count = taken.filter((id) => id.startsWith(`${ownerId} `)).length;
          return { weight: of, share: count / of };
        });
        for (const a of served)
          for (const b of served)
            expect(Math.abs(a.share - b.share)).toBeLessThanOrEqual(1 / a.weight + 1 / b.weight + 1e-9);
      },
    ),
  );
});

test('nobody starves: an owner with one task waits for at most one of each other owner of its weight', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(40), (others, before) => {
      const owners = Array.from({ length: others + 1 }, (_, index) => ({
        ownerId: `own_${index}`,
        weight: 1,
        running: unlimited,
      }));
      const model = new FairOrderModel(owners);
      for (const { ownerId } of owners.slice(1)) fill(model, ownerId, 60);
      model.take([{ inputs: 0, limit: before }], 0);
      fill(model, 'own_0', 1);
      const taken = model.take([{ inputs: 0, limit: others + 1 }], 0);
      expect(taken.some((id) => id.startsWith('own_0 '))).toBe(true);
    }),
  );
});

test('an owner that waits for many needs has no more than its share of all of them', () => {
  const owners = ['own_a', 'own_b'].map((ownerId) => ({ ownerId, weight: 1, running: unlimited }));
  const model = new FairOrderModel(owners);
  for (let inputs = 0; inputs < 15; inputs += 1) fill(model, 'own_a', 20, inputs);
  fill(model, 'own_b', 20);
  // One slot at a time, given to the need of the owner with the lowest turn, and of those of one owner to the oldest.
  const served: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const [a, b] = [model.owners.get('own_a'), model.owners.get('own_b')];
    const isTurnOfB = a !== undefined && b !== undefined && isBefore(b, a);
    served.push(...model.take([{ inputs: isTurnOfB ? 0 : 14, limit: 1 }], 0));
  }
  expect(served.filter((id) => id.startsWith('own_b')).length).toBe(10);
});

test('the first of many is found, whatever is added, moved and removed', () => {
  const owner = fc.record({ turn: fc.nat(9), weight });
  const change = fc.oneof(owner, fc.constantFrom('move', 'remove'));
  fc.assert(
    fc.property(fc.array(owner, { maxLength: 9 }), fc.array(change), (first, changes) => {
      let count = 0;
      const made = (each: { turn: number; weight: number }): OwnerTurn => ({
        ...each,
        ownerId: `own_${(count += 1)}`,
      });
      let all = first.map(made);
      const order = createTurnOrder(all);
      for (const each of changes) {
        const [expected] = all.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
        expect(order.first()).toBe(expected);
        if (typeof each !== 'string') {
          const added = made(each);
          all.push(added);
          order.add(added);
        } else if (each === 'remove') {
          all = all.filter((one) => one !== expected);
          order.removeFirst();
        } else if (expected !== undefined) {
          expected.turn += 3;
          order.firstHasMoved();
        }
      }
    }),
  );
});
