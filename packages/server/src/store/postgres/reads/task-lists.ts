// Statements that read lists of a key's tasks. A page of them comes in one round trip; a list that looks into requests finds its ids first.

import type { ListedTask, ShownWith, TaskQuery, TaskReads } from '../../../core/tasks/task-reads.ts';
import { idsOf, isFound, looksIntoRequests } from '../../list-filter.ts';
import { promptText, toPromptStart } from '../../prompt-start.ts';
import type { Row } from '../../rows.ts';
import type { Query } from '../database/statements.ts';
import { sourceOf, toSource } from './status-sources.ts';
import { toColumn } from '../database/text.ts';

/** How many tasks one call goes over. */
const maxScanned = 2_000;
/** How many of them are read at once, where their requests come too: a quarter of a megabyte. */
const requestsAtOnce = 500;
/** Bytes of a request that take as long as a task. */
const bytesOfTask = 500;

/** Condition of the filters that are columns, on the parameters from `$4` on. A failure is JSON that was written by this server. */
const fits = `($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR action = $6)
  AND ($7::text IS NULL OR strpos(failure, '"type":"' || $7 || '"') > 0)`;
/** Tasks of the key `$1` from `$2` to before `$3`, newest first. */
const tasksInRange = `FROM tasks WHERE key_id = $1 AND id >= $2 AND id < $3 ORDER BY id DESC`;

export function createTaskLists(query: Query): Pick<TaskReads, 'list' | 'findListed'> {
  const findListed: TaskReads['findListed'] = async (keyId, ids, { viewKey, promptLength }) => {
    const rows = await query(listed, [ids.map(toColumn), keyId, viewKey, promptLength ?? null]);
    const found = new Map(rows.map((row) => [row['asked'] as string, toListed(row, promptLength)]));
    return ids.flatMap((id) => found.get(id) ?? []);
  };
  return {
    findListed,
    async list(given, shown) {
      if (!looksIntoRequests(given)) return await readPage(query, given, shown);
      const { ids, next } = await lookIntoRequests(query, given);
      return { tasks: await findListed(given.keyId, ids, shown), next };
    },
  };
}

const one = sourceOf('$3');
const listed = `SELECT ${one.columns}, CASE WHEN $4::integer > 0 THEN ${promptText('t.request', '$4')} END AS prompt_text
  FROM ${one.from} WHERE t.id = ANY ($1) AND t.key_id = $2`;

function toListed(row: Row, promptLength = 0): ListedTask {
  const text = row['prompt_text'] as string | null;
  return {
    id: row['asked'] as string,
    source: toSource(row),
    promptStart: text === null ? '' : toPromptStart(text, promptLength),
  };
}

/** Values for the range and `fits`. */
function filterOf(query: TaskQuery): unknown[] {
  const { keyId, state = null, model, action = null, failureType = null } = query;
  const { from, before } = idsOf(query);
  return [
    keyId,
    from,
    toColumn(before),
    state,
    model === undefined ? null : toColumn(model),
    action,
    failureType,
  ];
}

const paged = sourceOf('$10');
/** Counts what was looked at only where the page is not full, so a page that fills soon reads no further. */
const page = `
  WITH looked AS MATERIALIZED (SELECT id, ${fits} AS fits ${tasksInRange} LIMIT $8),
    page AS MATERIALIZED (SELECT id FROM looked WHERE fits LIMIT $9)
  SELECT goes.on_at, listed.* FROM (
    SELECT CASE WHEN (SELECT count(*) FROM page) < $9 THEN (SELECT min(id) FROM looked HAVING count(*) = $8) END AS on_at) AS goes
  LEFT JOIN (
    SELECT ${paged.columns}, CASE WHEN $11::integer > 0 THEN ${promptText('t.request', '$11')} END AS prompt_text
    FROM ${paged.from} WHERE t.id IN (SELECT id FROM page)) AS listed ON true
  ORDER BY listed.asked DESC`;

async function readPage(query: Query, given: TaskQuery, { viewKey, promptLength }: ShownWith) {
  const { limit, state, model, action, failureType } = given;
  const isFiltered = [state, model, action, failureType].some((value) => value !== undefined);
  const scanned = isFiltered ? maxScanned : limit;
  const rows = await query(page, [...filterOf(given), scanned, limit, viewKey, promptLength ?? null]);
  const tasks = rows.flatMap((row) => (row['asked'] === null ? [] : toListed(row, promptLength)));
  const goesOnAt = (rows[0]?.['on_at'] ?? null) as string | null;
  return { tasks, next: tasks.length === limit ? (tasks.at(-1)?.id ?? null) : goesOnAt };
}

/** Requests of tasks that the other filters leave, up to a cost. Of JSON that has a member a part is the text `"name":"value"`. */
const requests = `
  SELECT id, cost, CASE WHEN fits AND NOT EXISTS (SELECT FROM unnest($8::text[]) AS part WHERE strpos(request, part) = 0)
    THEN request END AS request
  FROM (
    SELECT id, request, fits, cost, sum(cost) OVER (ORDER BY id DESC) AS total FROM (
      SELECT id, request, ${fits} AS fits, 1 + octet_length(request) / ${bytesOfTask} AS cost ${tasksInRange} LIMIT $9) AS newest) AS summed
  WHERE total - cost < $9 ORDER BY id DESC`;

async function lookIntoRequests(
  query: Query,
  given: TaskQuery,
): Promise<{ ids: string[]; next: string | null }> {
  const parts = Object.entries(given.metadata ?? {}).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const ids: string[] = [];
  let beforeId = given.beforeId;
  for (let looked = 0; looked < maxScanned;) {
    const most = Math.min(requestsAtOnce, maxScanned - looked);
    const range = beforeId === undefined ? given : { ...given, beforeId };
    const rows = await query(requests, [...filterOf(range), parts, most]);
    let cost = 0;
    for (const row of rows) {
      const id = (beforeId = row['id'] as string);
      const request = row['request'] as string | null;
      if (request !== null && isFound(id, request, given)) ids.push(id);
      if (ids.length === given.limit) return { ids, next: id };
      cost += row['cost'] as number;
    }
    if (cost < most) return { ids, next: null };
    looked += cost;
  }
  return { ids, next: beforeId ?? null };
}
