// Batches that clients of other APIs made.

import { describe, expect } from 'vitest';
import type { ClientBatch } from '../../core/batches/client-batches.ts';
import type { TaskFailure } from '../../core/errors.ts';
import { newTaskId } from '../../lib/ids.ts';
import { failed, newTask, type OpenStore, start, storeTest } from './store.fixture.ts';

const batchOf = (change: Partial<ClientBatch> = {}): ClientBatch => ({
  id: newTaskId(),
  keyId: 'key_a',
  face: 'openai',
  createdAt: start,
  expiresAt: start + 1_000,
  record: '{"said":"\\u0000"}',
  ...change,
});

export function testClientBatches(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`a client’s batch on ${name}`, () => {
    test('is found by its key and its face alone, with its lines', async ({ store }) => {
      const batch = batchOf();
      await store.saveClientBatch(batch, '["a"]');
      expect(await store.findClientBatch(batch.id, 'key_a', 'openai')).toEqual(batch);
      expect(await store.findClientBatch(batch.id, 'key_b', 'openai')).toBeNull();
      expect(await store.findClientBatch(batch.id, 'key_a', 'gemini')).toBeNull();
      expect(await store.findClientBatch('\0', 'key_a', 'openai')).toBeNull();
      expect(await store.findClientBatchLines(batch.id, 'key_a')).toBe('["a"]');
      expect(await store.findClientBatchLines(batch.id, 'key_b')).toBeNull();
    });

    test('is replaced by a save, changed, and deleted by its key alone', async ({ store }) => {
      const batch = batchOf();
      await store.saveClientBatch(batch, '[]');
      await store.saveClientBatch({ ...batch, record: '1' }, '[1]');
      expect(await store.findClientBatchLines(batch.id, 'key_a')).toBe('[1]');
      const changed = { seen: '1', record: '2' };
      expect(await store.changeClientBatch(batch.id, 'key_b', changed)).toBe(false);
      expect(await store.findClientBatch(batch.id, 'key_a', 'openai')).toMatchObject({ record: '1' });
      expect(await store.changeClientBatch(batch.id, 'key_a', changed)).toBe(true);
      expect(await store.findClientBatch(batch.id, 'key_a', 'openai')).toMatchObject({ record: '2' });
      expect(await store.findClientBatchLines(batch.id, 'key_a')).toBe('[1]');
      // Of two that have seen the same record, one changes it.
      expect(await store.changeClientBatch(batch.id, 'key_a', changed)).toBe(false);
      const again = { seen: '2', record: '3', lines: '[2]' };
      expect(await store.changeClientBatch(batch.id, 'key_a', again)).toBe(true);
      expect(await store.findClientBatchLines(batch.id, 'key_a')).toBe('[2]');
      expect(await store.deleteClientBatch(batch.id, 'key_b')).toBe(false);
      expect(await store.deleteClientBatch(batch.id, 'key_a')).toBe(true);
      expect(await store.deleteClientBatch(batch.id, 'key_a')).toBe(false);
    });

    test('is listed for its key and face, newest first, page by page', async ({ store }) => {
      const batches = [batchOf(), batchOf(), batchOf()];
      for (const batch of [...batches, batchOf({ keyId: 'key_b' }), batchOf({ face: 'gemini' })])
        await store.saveClientBatch(batch, '[]');
      const query = { keyId: 'key_a', face: 'openai' };
      const [newest, ...older] = batches.toReversed();
      expect(await store.listClientBatches({ ...query, limit: 1 })).toEqual([newest]);
      const next = await store.listClientBatches({ ...query, beforeId: newest?.id ?? '', limit: 9 });
      expect(next).toEqual(older);
    });

    test('is deleted with all others of its key, whatever their face, so many at once', async ({ store }) => {
      const [first, second, other] = [batchOf(), batchOf({ face: 'gemini' }), batchOf({ keyId: 'key_b' })];
      for (const batch of [first, second, other]) await store.saveClientBatch(batch, '[]');
      expect(await store.deleteClientBatchesOfKey('key_a', 1)).toBe(1);
      expect(await store.deleteClientBatchesOfKey('key_a', 1)).toBe(1);
      expect(await store.deleteClientBatchesOfKey('key_a', 1)).toBe(0);
      expect(await store.findClientBatch(first.id, 'key_a', 'openai')).toBeNull();
      expect(await store.findClientBatchLines(second.id, 'key_a')).toBeNull();
      expect(await store.findClientBatch(other.id, 'key_b', 'openai')).toEqual(other);
    });

    test('goes when its time is over', async ({ store }) => {
      const batch = batchOf();
      await store.saveClientBatch(batch, '[]');
      expect(await store.deleteExpiredClientBatches(batch.expiresAt - 1)).toBe(0);
      expect(await store.deleteExpiredClientBatches(batch.expiresAt)).toBe(1);
      expect(await store.findClientBatch(batch.id, 'key_a', 'openai')).toBeNull();
    });

    test('has its tasks counted by how far they are', async ({ store }) => {
      const batchId = newTaskId();
      const none = { total: 0, succeeded: 0, failed: 0, cancelled: 0, late: 0, finishedAt: null };
      expect(await store.countBatch(batchId, 'key_a')).toEqual(none);
      const tasks = ['a', 'b', 'c', 'd'].map(() => newTask({ batchId }));
      await store.insert(tasks);
      const failures: Pick<TaskFailure, 'type' | 'message'>[] = [
        { type: 'cancelled', message: '' },
        { type: 'deadline_exceeded', message: '' },
        { type: 'internal', message: 'it said "type":"cancelled"' },
      ];
      for (const [index, failure] of failures.entries()) {
        const outcome = { state: 'error' as const, failure: { ...failure, retryable: false } };
        await store.finishIfPending(tasks[index]?.id ?? '', { ...failed(start + index + 1), outcome });
      }
      const counts = { total: 4, succeeded: 0, failed: 3, cancelled: 1, late: 1, finishedAt: start + 3 };
      expect(await store.countBatch(batchId, 'key_a')).toEqual(counts);
      expect(await store.countBatch(batchId, 'key_b')).toEqual(none);
    });
  });
}
