// Answers to tries: each is claimed by one, and a try that comes in beside another of its call gets the task of that one.

import { describe, expect } from 'vitest';
import type { Gate } from '../../core/limits/judge-submit.ts';
import type { NewAnswer } from '../../core/tasks/task-store.ts';
import { type NewTry, tryName } from '../../core/repeats/tries.ts';
import { newTask, type OpenStore, start, storeTest } from './store.fixture.ts';

const held = { heldBy: 'node_a', at: start };

/** Answer to a try; `id` grows from try to try. */
function answerTo(id: number, ofTry: Partial<NewTry> = {}): NewAnswer {
  const { number = 0 } = ofTry;
  return {
    keyId: 'key_a',
    idempotencyKey: tryName('h', String(id), number),
    requestHash: 'h',
    answer: `"${id}"`,
    expiresAt: start + 1_000,
    ofTry: { ...held, known: [], ...ofTry, number },
  };
}

export function testTries(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`tries on ${name}`, () => {
    test('answers to tries of a call are found, the newest first, with who has them', async ({ store }) => {
      for (const id of [1, 2, 3]) await store.insert([newTask()], answerTo(id));
      await store.insert([newTask()], { ...answerTo(4, { heldBy: null }), requestHash: 'ha' });
      const other = { ...answerTo(5, { heldBy: null }), idempotencyKey: tryName('ha', '5', 0) };
      await store.insert([newTask()], { ...other, requestHash: 'ha' });
      const found = async (limit: number, now = start, hash = 'h', key = 'key_a') =>
        (await store.findTries(key, hash, now, limit)).map(({ answer }) => answer);
      expect(await found(2)).toEqual(['"4"', '"3"']);
      expect(await found(9)).toEqual(['"4"', '"3"', '"2"', '"1"']);
      expect(await found(9, start, 'ha')).toEqual(['"5"']);
      expect(await found(9, start + 1_000)).toEqual([]);
      const page = await store.findTries('key_a', 'h', start, 9, tryName('h', '3', 0));
      expect(page.map(({ answer }) => answer)).toEqual(['"2"', '"1"']);
      expect(await found(9, start, 'h', 'key_b')).toEqual([]);
      const [fourth, third] = await store.findTries('key_a', 'h', start, 2);
      expect(third).toMatchObject({ heldBy: 'node_a', heldAt: start, claims: 0, requestHash: 'h' });
      expect(fourth).toMatchObject({ heldBy: null, heldAt: null, claims: 0 });
    });

    test('of those who claim a try at once one has it, until its claim ends', async ({ store }) => {
      await store.insert([newTask()], answerTo(1));
      const [seen] = await store.findTries('key_a', 'h', start, 1);
      const claims = await Promise.all(
        ['b', 'c', 'd'].map((heldBy) => store.claimTry(seen!, { heldBy, at: start + 5 })),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
      const [claimed] = await store.findTries('key_a', 'h', start, 1);
      expect(claimed).toMatchObject({ heldBy: 'bcd'[claims.indexOf(true)], heldAt: start + 5, claims: 1 });
      // The end of a claim that another followed says nothing of that one.
      await store.endTries([
        { ...seen!, isGiven: true },
        { ...seen!, isGiven: false },
      ]);
      expect(await store.findTries('key_a', 'h', start, 1)).toEqual([claimed]);
      await store.endTries([{ ...claimed!, isGiven: false }]);
      const [free] = await store.findTries('key_a', 'h', start, 1);
      expect(free).toMatchObject({ heldBy: null, claims: 1 });
      await store.endTries([{ ...free!, isGiven: true }]);
      expect(await store.findTries('key_a', 'h', start, 1)).toEqual([]);
      expect(await store.claimTry(free!, held)).toBe(false);
    });

    test('a later try gets the task of one that came in while it was submitted, and makes none', async ({
      store,
    }) => {
      await store.insert([newTask()], answerTo(1));
      await store.insert([newTask()], answerTo(2));
      const known = [tryName('h', '2', 0)];
      const later = answerTo(3, { number: 1, known, heldBy: 'node_b', at: start + 7 });
      expect(await store.insert([newTask()], later)).toMatchObject({
        kind: 'repeated',
        answer: { answer: '"1"' },
        claims: 1,
      });
      expect(await store.countPending()).toBe(2);
      const [, first] = await store.findTries('key_a', 'h', start, 9);
      expect(first).toMatchObject({ heldBy: 'node_b', heldAt: start + 7, claims: 1 });
    });

    test('tries of one call that are submitted at once get one task, also where it is refused', async ({
      store,
    }) => {
      const tries = [answerTo(1), answerTo(2, { number: 1, heldBy: 'node_b', at: start + 7 })];
      const all = (gate?: Gate) => Promise.all(tries.map((once) => store.insert([newTask()], once, gate)));
      const key = { budget: null, limits: { waiting: 0 } };
      const refused = await all({ unpriced: 'refuse', defaults: { key } });
      expect(refused).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }]);
      const [first, second] = await all();
      expect(first).toEqual({ kind: 'inserted' });
      expect(second).toMatchObject({ kind: 'repeated', answer: { answer: '"1"' }, claims: 1 });
      expect(await store.countPending()).toBe(1);
      const found = await store.findTries('key_a', 'h', start, 9);
      expect(found).toMatchObject([{ answer: '"1"', heldBy: 'node_b', heldAt: start + 7, claims: 1 }]);
      // The other way around: the later one is there first, and the earlier one shares its task.
      const late = [answerTo(9, { number: 1, known: [tryName('h', '1', 0)] }), answerTo(8)];
      const [later, slow] = await Promise.all(late.map((once) => store.insert([newTask()], once)));
      expect(later).toEqual({ kind: 'inserted' });
      expect(slow).toMatchObject({ kind: 'repeated', answer: { answer: '"9"' } });
      expect(slow).not.toHaveProperty('claims');
    });

    test('a try gets the task of a later one that came in before it, and equal first tries a task each', async ({
      store,
    }) => {
      const all = [1, 2, 3].map((id) => store.insert([newTask()], answerTo(id)));
      expect(await Promise.all(all)).toEqual(all.map(() => ({ kind: 'inserted' })));
      const known = [1, 2, 3].map((id) => tryName('h', String(id), 0));
      expect(await store.insert([newTask()], answerTo(6, { number: 1, known }))).toEqual({
        kind: 'inserted',
      });
      const slow = await store.insert([newTask()], answerTo(5));
      expect(slow).toMatchObject({ kind: 'repeated', answer: { answer: '"6"' } });
      expect(slow).not.toHaveProperty('claims');
      expect(await store.insert([newTask()], answerTo(7))).toEqual({ kind: 'inserted' });
      expect(await store.countPending()).toBe(5);
    });
  });
}
