// Looks at the queue that begin where the one before found something.

import { describe, expect, test, vi } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { newEdit, newTask, start } from '../../conformance/store.fixture.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { openTwoStores } from '../database/two-stores.fixture.ts';
import { createQueueLook } from './queue-look.ts';

const need = { model: 'nano-banana', inputs: 0 };
const now = start + 10_000;

/** A look that begins where the one before did, however quick that was; `whole` takes long enough to be the only one in a test. */
async function openLook() {
  const { database, stores } = await openTwoStores();
  const look = createQueueLook(database.query, { quickMs: -1, lateMs: 500 });
  const insert = async (dueAt: number, inputs = 0) => {
    const task = newEdit(inputs, { createdAt: dueAt, deadlineAt: start + 60_000 });
    await stores[1].insert([task]);
    return task.id;
  };
  const due = async (at = now) => (await look.pendingWork(at)).needs.map(({ dueAt }) => dueAt);
  return { database, stores, look, insert, due };
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'looks at a queue with many dead rows',
  () => {
    test('begin at the first task that the one before found', async () => {
      const { look, insert, due } = await openLook();
      const id = await insert(start + 100);
      expect(look.from(need)).toEqual({ dueAt: 0, id: '' });
      expect(await due()).toEqual([start + 100]);
      expect(look.from(need)).toMatchObject({ dueAt: start + 100, id });
    });

    test('begin where others may still commit something, when nothing was found above', async () => {
      const { stores, look, insert, due } = await openLook();
      const id = await insert(start + 100);
      await due();
      await stores[0].takeDue({ needs: [{ ...need, limit: 1 }], now, leaseMs: 10_000 });
      expect(await due()).toEqual([]);
      expect(look.from(need)).toMatchObject({ dueAt: now - 500, id: '' });
      await insert(now - 500);
      expect(await due()).toEqual([now - 500]);
      expect(id).not.toBe('');
    });

    test('find a need that nobody has had before', async () => {
      const { insert, due } = await openLook();
      await insert(start + 100, 2);
      expect(await due()).toEqual([start + 100]);
      for (const inputs of [3, 1, 0]) await insert(start + inputs, inputs);
      expect(await due()).toEqual([start, start + 1, start + 100, start + 3]);
    });

    test('find what another process has put in below, now and then', async () => {
      const { look, insert, due } = await openLook();
      await insert(start + 100);
      await due();
      await insert(start + 50);
      expect(await look.pendingWork(now)).toMatchObject({
        needs: [{ dueAt: start + 100 }],
        lookAgainAt: now + 1_000,
      });
      await vi.waitUntil(async () => (await due())[0] === start + 50, { timeout: 5_000, interval: 100 });
    });

    test('find what this process puts in below at once, also when it is committed during a look', async () => {
      const { database, stores, look, insert, due } = await openLook();
      await insert(start + 100);
      await due();
      const slow = Promise.withResolvers<void>();
      const inserted = look.inserting(start + 50, async () => {
        await slow.promise;
        await stores[1].insert([newTask({ createdAt: start + 50 })]);
      });
      expect(await due()).toEqual([start + 100]);
      slow.resolve();
      await inserted;
      expect(await due()).toEqual([start + 50]);
      expect(await database.query('SELECT FROM waiting')).toHaveLength(2);
    });
  },
);
