// Statements that find tasks of all keys, for the operator.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import { behindAllIds } from '../../list-filter.ts';
import type { Synchronous } from '../asynchronous.ts';

/** How many tasks one look goes over, in which nothing else is served. */
const maxScanned = 2_000;

export function createOperatorReads(database: DatabaseSync): Synchronous<Pick<TaskReads, 'findIdsOfAll'>> {
  const look = (condition: string) =>
    database.prepare(
      `SELECT id, state, model, coalesce(owner_id, key_id) AS owner FROM tasks WHERE ${condition} ORDER BY id DESC`,
    );
  const ofAll = look('id < :beforeId');
  const ofKey = look('key_id = :keyId AND id < :beforeId');

  return {
    findIdsOfAll({ keyId, ownerId, state, model, beforeId = behindAllIds, limit }) {
      const rows = keyId === undefined ? ofAll.iterate({ beforeId }) : ofKey.iterate({ keyId, beforeId });
      const ids: string[] = [];
      let looked = 0;
      for (const row of rows) {
        const id = row['id'] as string;
        const isWanted =
          (ownerId ?? row['owner']) === row['owner'] &&
          (state ?? row['state']) === row['state'] &&
          (model ?? row['model']) === row['model'];
        if (isWanted) ids.push(id);
        looked += 1;
        if (ids.length === limit || looked === maxScanned) return { ids, next: id };
      }
      return { ids, next: null };
    },
  };
}
