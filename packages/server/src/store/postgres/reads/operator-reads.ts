// Statements that find tasks of all keys, for the operator.

import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import { behindAllIds } from '../../list-filter.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';

/** How many tasks one call goes over. */
const maxScanned = 2_000;

/** Finds one page, and where the look ended that did not fill it. */
const page = (condition: string) => `
  WITH looked AS MATERIALIZED (
      SELECT id, ($3::text IS NULL OR coalesce(owner_id, key_id) = $3) AND ($4::text IS NULL OR state = $4)
        AND ($5::text IS NULL OR model = $5) AS fits
      FROM tasks WHERE id < $1 ${condition} ORDER BY id DESC LIMIT ${maxScanned}),
    page AS MATERIALIZED (SELECT id FROM looked WHERE fits LIMIT $2)
  SELECT ARRAY(SELECT id FROM page) AS ids, (SELECT min(id) FROM looked HAVING count(*) = ${maxScanned}) AS last`;
const ofAll = page('');
const ofKey = page('AND key_id = $6');

export function createOperatorReads(query: Query): Pick<TaskReads, 'findIdsOfAll'> {
  return {
    async findIdsOfAll({ keyId, ownerId, state = null, model, beforeId = behindAllIds, limit }) {
      const column = (text: string | undefined) => (text === undefined ? null : toColumn(text));
      const values = [toColumn(beforeId), limit, column(ownerId), state, column(model)];
      const [row] =
        keyId === undefined ? await query(ofAll, values) : await query(ofKey, [...values, toColumn(keyId)]);
      const ids = row?.['ids'] as string[];
      const last = row?.['last'] as string | null;
      return { ids, next: ids.length === limit ? (ids.at(-1) ?? null) : last };
    },
  };
}
