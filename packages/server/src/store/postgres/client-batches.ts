// Statements of batches that clients of other APIs made.

import type { ClientBatch, ClientBatchChange, ClientBatchStore } from '../../core/batches/client-batches.ts';
import { clientBatchColumns, countsOfBatch, toBatchCounts } from '../batch-rows.ts';
import { behindAllIds } from '../list-filter.ts';
import { deleteInSteps, deleteStep, deleteStepOfKey } from './tasks/delete-in-steps.ts';
import type { Query } from './database/statements.ts';
import { toColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createClientBatches(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): ClientBatchStore {
  return {
    saveClientBatch: (batch, lines) => write(save, [batch, lines]),
    changeClientBatch: (id, keyId, changed) => write(change, [toColumn(id), keyId, changed]),
    deleteClientBatch: (id, keyId) => write(remove, [toColumn(id), keyId]),
    deleteClientBatchesOfKey: (keyId, limit) => write(removeOfKey, [keyId, limit]),
    deleteExpiredClientBatches: (now) => deleteInSteps(sweeps, removeExpired, now),
    async findClientBatch(id, keyId, face) {
      const [row] = await query(
        `SELECT ${clientBatchColumns} FROM client_batches WHERE id = $1 AND key_id = $2 AND face = $3`,
        [toColumn(id), keyId, face],
      );
      return (row as unknown as ClientBatch | undefined) ?? null;
    },
    async findClientBatchLines(id, keyId) {
      const [row] = await query('SELECT lines FROM client_batches WHERE id = $1 AND key_id = $2', [
        toColumn(id),
        keyId,
      ]);
      return (row?.['lines'] as string | undefined) ?? null;
    },
    async listClientBatches({ keyId, face, beforeId = behindAllIds, limit }) {
      const rows = await query(
        `SELECT ${clientBatchColumns} FROM client_batches WHERE key_id = $1 AND face = $2 AND id < $3 ORDER BY id DESC LIMIT $4`,
        [keyId, face, toColumn(beforeId), limit],
      );
      return rows as unknown as ClientBatch[];
    },
    async countBatch(batchId, keyId) {
      const [row] = await query(`SELECT ${countsOfBatch} FROM tasks WHERE batch_id = $1 AND key_id = $2`, [
        toColumn(batchId),
        keyId,
      ]);
      return toBatchCounts(row);
    },
  };
}

const save = oneByOne(async ({ query }: Transaction, batch: ClientBatch, lines: string): Promise<void> => {
  const { id, keyId, face, createdAt, expiresAt, record } = batch;
  await query(
    `INSERT INTO client_batches (id, key_id, face, created_at, expires_at, record, lines) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET record = excluded.record, lines = excluded.lines`,
    [id, keyId, face, createdAt, expiresAt, record, lines],
  );
});

const change = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    keyId: string,
    { seen, record, lines }: ClientBatchChange,
  ): Promise<boolean> => {
    const sql = `UPDATE client_batches SET record = $4, lines = coalesce($5, lines)
      WHERE id = $1 AND key_id = $2 AND record = $3 RETURNING id`;
    return (await query(sql, [id, keyId, seen, record, lines ?? null])).length === 1;
  },
);

const remove = oneByOne(async ({ query }: Transaction, id: string, keyId: string): Promise<boolean> => {
  const rows = await query('DELETE FROM client_batches WHERE id = $1 AND key_id = $2 RETURNING id', [
    id,
    keyId,
  ]);
  return rows.length === 1;
});

const removeExpired = deleteStep('client_batches', 'expires_at');
const removeOfKey = deleteStepOfKey('client_batches');
