// Statements of batches that clients of other APIs made.

import type { DatabaseSync } from 'node:sqlite';
import type { ClientBatch, ClientBatchChange, ClientBatchStore } from '../../core/batches/client-batches.ts';
import { clientBatchColumns, countsOfBatch, toBatchCounts } from '../batch-rows.ts';
import { behindAllIds } from '../list-filter.ts';
import type { Synchronous } from './asynchronous.ts';

type Reads = 'findClientBatch' | 'findClientBatchLines' | 'listClientBatches' | 'countBatch';

export function createClientBatchReads(database: DatabaseSync): Synchronous<Pick<ClientBatchStore, Reads>> {
  const byId = database.prepare(
    `SELECT ${clientBatchColumns} FROM client_batches WHERE id = ? AND key_id = ? AND face = ?`,
  );
  const linesOf = database.prepare('SELECT lines FROM client_batches WHERE id = ? AND key_id = ?');
  const ofKey = database.prepare(
    `SELECT ${clientBatchColumns} FROM client_batches WHERE key_id = :keyId AND face = :face AND id < :beforeId ORDER BY id DESC LIMIT :limit`,
  );
  const counts = database.prepare(`SELECT ${countsOfBatch} FROM tasks WHERE batch_id = ? AND key_id = ?`);
  return {
    findClientBatch: (id, keyId, face) => (byId.get(id, keyId, face) as ClientBatch | undefined) ?? null,
    findClientBatchLines: (id, keyId) => (linesOf.get(id, keyId)?.['lines'] as string | undefined) ?? null,
    listClientBatches: ({ beforeId = behindAllIds, ...query }) =>
      ofKey.all({ ...query, beforeId }) as unknown as ClientBatch[],
    countBatch: (batchId, keyId) => toBatchCounts(counts.get(batchId, keyId)),
  };
}

export function createClientBatchWrites(database: DatabaseSync) {
  const save = database.prepare(
    `INSERT INTO client_batches (id, key_id, face, created_at, expires_at, record, lines)
     VALUES (:id, :keyId, :face, :createdAt, :expiresAt, :record, :lines)
     ON CONFLICT (id) DO UPDATE SET record = excluded.record, lines = excluded.lines`,
  );
  const change = database.prepare(
    `UPDATE client_batches SET record = :record, lines = coalesce(:lines, lines)
     WHERE id = :id AND key_id = :keyId AND record = :seen`,
  );
  const remove = database.prepare('DELETE FROM client_batches WHERE id = ? AND key_id = ?');
  const removeOfKey = database.prepare(
    'DELETE FROM client_batches WHERE id IN (SELECT id FROM client_batches WHERE key_id = ? LIMIT ?)',
  );
  const removeExpired = database.prepare('DELETE FROM client_batches WHERE expires_at <= ?');
  return {
    saveClientBatch({ id, keyId, face, createdAt, expiresAt, record }: ClientBatch, lines: string): void {
      save.run({ id, keyId, face, createdAt, expiresAt, record, lines });
    },
    changeClientBatch: (id: string, keyId: string, { seen, record, lines }: ClientBatchChange): boolean =>
      change.run({ id, keyId, seen, record, lines: lines ?? null }).changes === 1,
    deleteClientBatch: (id: string, keyId: string): boolean => remove.run(id, keyId).changes === 1,
    deleteClientBatchesOfKey: (keyId: string, limit: number): number =>
      Number(removeOfKey.run(keyId, limit).changes),
    deleteExpiredClientBatches: (now: number): number => Number(removeExpired.run(now).changes),
  };
}
