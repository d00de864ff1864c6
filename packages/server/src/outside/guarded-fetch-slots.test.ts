import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { never } from './guarded-fetch.fixture.ts';
import { createSlots } from './guarded-fetch-slots.ts';

/** Takes slots under a name, and tells which have been had so far. */
function crowd(limits: { atOnce: number; perAddress: number }) {
  const slots = createSlots(limits);
  const order: string[] = [];
  const giveBacks = new Map<string, () => void>();
  return {
    order,
    async take(name: string, signal = never): Promise<void> {
      const giveBack = await slots.take(name.slice(0, 1), signal);
      order.push(name);
      giveBacks.set(name, giveBack);
    },
    /** Once everything that this sets in motion has come to rest. */
    async giveBack(name: string): Promise<void> {
      giveBacks.get(name)?.();
      await settled();
    },
  };
}
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a free slot goes to the address that has the fewest, and there to whoever waited longest', async () => {
  const { take, giveBack, order } = crowd({ atOnce: 3, perAddress: 3 });
  const taken = Promise.all(['a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'c1', 'd1'].map((name) => take(name)));
  await settled();
  expect(order).toEqual(['a1', 'a2', 'b1']);
  for (const name of ['a1', 'b1', 'b2', 'd1', 'c1']) await giveBack(name);
  await taken;
  expect(order.slice(3)).toEqual(['c1', 'b2', 'd1', 'a3', 'a4']);
});

test('an address has no more than its part, and whoever waits for it holds up nobody', async () => {
  const { take, giveBack, order } = crowd({ atOnce: 3, perAddress: 1 });
  const taken = Promise.all(['a1', 'a2', 'a3', 'b1'].map((name) => take(name)));
  await settled();
  expect(order).toEqual(['a1', 'b1']);
  await giveBack('a1');
  await giveBack('a2');
  await taken;
  expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
});

test('an abort ends the wait with its reason and takes no slot, even in the moment of having one', async () => {
  const { take, giveBack, order } = crowd({ atOnce: 1, perAddress: 1 });
  await take('a1');
  const [early, late] = [new AbortController(), new AbortController()];
  const waiting = [take('a2', early.signal), take('a3', late.signal), take('a4')];
  const reason = new Error('enough');
  early.abort(reason);
  await expect(waiting[0]).rejects.toBe(reason);
  late.abort(reason);
  const given = giveBack('a1');
  await expect(waiting[1]).rejects.toBe(reason);
  await given;
  await waiting[2];
  expect(order).toEqual(['a1', 'a4']);
  await giveBack('a4');
  await expect(take('a5', early.signal)).rejects.toBe(reason);
  await take('a6');
});

test('whoever comes, goes or gives up: the limits hold, and everybody who stays has a turn', async () => {
  const comer = fc.record({ address: fc.constantFrom('a', 'b', 'c'), givesUp: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(comer, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      fc.scheduler(),
      async (comers, atOnce, perAddress, scheduler) => {
        const slots = createSlots({ atOnce, perAddress });
        const held: string[] = [];
        const ends = comers.map(async ({ address, givesUp }) => {
          const controller = new AbortController();
          if (givesUp) void scheduler.schedule(Promise.resolve()).then(() => controller.abort());
          const giveBack = await slots.take(address, controller.signal).catch(() => undefined);
          if (!giveBack) return givesUp;
          held.push(address);
          expect(held.length).toBeLessThanOrEqual(atOnce);
          expect(held.filter((other) => other === address).length).toBeLessThanOrEqual(perAddress);
          await scheduler.schedule(Promise.resolve());
          held.splice(held.indexOf(address), 1);
          giveBack();
          return true;
        });
        expect(await scheduler.waitFor(Promise.all(ends))).toEqual(comers.map(() => true));
      },
    ),
  );
});
