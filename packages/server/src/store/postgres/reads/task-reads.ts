// Statements that read tasks one by one, in batches and by their changes.

import type { StatusSource, TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Query } from '../database/statements.ts';
import { sourceOf, toSource } from './status-sources.ts';
import { toColumn } from '../database/text.ts';
import { createTogether } from './together.ts';

type BatchTask = Awaited<ReturnType<TaskReads['batch']>>[number];

interface Asked {
  id: string;
  /** Key of the ready view that is enough; `null` where the task is wanted. */
  viewKey: string | null;
  /** Key that asks; `null` where the task may be anybody's. */
  keyId: string | null;
}

export function createTaskReads(
  query: Query,
): Pick<TaskReads, 'keyOfTask' | 'keyOfBatch' | 'find' | 'findStatus' | 'batch'> {
  const one = createTogether((asked: readonly Asked[]) => readAll(query, asked));
  return {
    async find(id, keyId) {
      const source = await one({ id, viewKey: null, keyId: keyId ?? null });
      return source !== null && 'task' in source ? source.task : null;
    },
    findStatus: (id, viewKey, keyId) => one({ id, viewKey, keyId }),
    async keyOfTask(id, ownerId) {
      const [row] = await query(keyOfTask, [toColumn(id), toColumn(ownerId)]);
      return (row?.['keyId'] as string | undefined) ?? null;
    },
    async keyOfBatch(id, ownerId) {
      const [row] = await query(keyOfBatch, [toColumn(id), toColumn(ownerId)]);
      return (row?.['keyId'] as string | undefined) ?? null;
    },
    async batch(batchId, keyId) {
      return (await query(ofBatch, [toColumn(batchId), keyId])) as unknown as BatchTask[];
    },
  };
}

const keyOfTask = 'SELECT key_id AS "keyId" FROM tasks WHERE id = $1 AND coalesce(owner_id, key_id) = $2';
const keyOfBatch = `SELECT key_id AS "keyId" FROM tasks WHERE batch_id = $1 AND coalesce(owner_id, key_id) = $2 LIMIT 1`;
const ofBatch = `SELECT id, state, created_at AS "createdAt", progress FROM tasks WHERE batch_id = $1 AND key_id = $2 ORDER BY batch_place`;

const { columns, from } = sourceOf('$2');
/** The busiest read. */
const sources = `SELECT ${columns} FROM ${from} WHERE t.id = ANY ($1) AND ($3::text[] IS NULL OR t.key_id = ANY ($3))`;

/** Reads those of each view key together, which nearly always are all; of tasks of keys that did not ask nothing is read but that. */
async function readAll(query: Query, asked: readonly Asked[]): Promise<(StatusSource | null)[]> {
  const found = new Map<Asked['viewKey'], Map<string, StatusSource>>();
  for (const [viewKey, some] of Map.groupBy(asked, (each) => each.viewKey)) {
    const ids = [...new Set(some.map(({ id }) => toColumn(id)))];
    const keys = some.map(({ keyId }) => keyId);
    const asking = keys.includes(null) ? null : [...new Set(keys)];
    const rows = await query(sources, [ids, viewKey, asking]);
    found.set(viewKey, new Map(rows.map((row) => [row['asked'] as string, toSource(row)])));
  }
  return asked.map(({ id, viewKey, keyId }) => {
    const source = found.get(viewKey)?.get(id) ?? null;
    return keyId === null || source?.keyId === keyId ? source : null;
  });
}
