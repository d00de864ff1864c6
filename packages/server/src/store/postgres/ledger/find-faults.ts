// Compares what is stored with the sums of the entries. Each kind of difference is found by one statement, and all of them in one, so that all is of one
// moment beside servers that go on writing.

import type { LedgerFault } from '../../../core/ledger/ledger.ts';
import type { Row } from '../../rows.ts';
import type { Query } from '../database/statements.ts';
import { entriesOf } from './standings.ts';

const asBalance = (reserved: string, spent: string, pictures: string) =>
  `json_build_object('reserved', ${reserved}, 'spent', ${spent}, 'pictures', ${pictures})`;
const asMoney = (reserved: string, spent: string) =>
  `json_build_object('reserved', ${reserved}, 'spent', ${spent})`;

/** Balances that are not the sum of the entries of their subject and interval. */
const balances = `SELECT json_build_object('kind', 'balance', 'subjectId', b.subject_id,
      'interval', json_build_object('startsAt', b.starts_at, 'endsAt', b.ends_at),
      'stored', ${asBalance('b.reserved', 'b.spent', 'b.pictures')}, 'summed', ${asBalance('s.reserved', 's.spent', 's.pictures')}) AS fault
  FROM balances AS b CROSS JOIN LATERAL (
    SELECT coalesce(sum(reserved_delta), 0) AS reserved, coalesce(sum(spent_delta), 0) AS spent, coalesce(sum(pictures_delta), 0) AS pictures
    FROM (${entriesOf('b')}) AS e) AS s
  WHERE (b.reserved, b.spent, b.pictures) <> (s.reserved, s.spent, s.pictures)
  ORDER BY b.subject_id, b.starts_at, b.ends_at LIMIT $1`;

const summed = `SELECT task_id, sum(reserved_delta) AS reserved, sum(spent_delta) AS spent FROM ledger WHERE task_id IS NOT NULL GROUP BY task_id`;

/** Tasks whose entries, or those of a task that is gone, do not add up to what the task has. */
const tasks = `SELECT json_build_object('kind', 'task', 'taskId', coalesce(t.id, s.task_id),
      'stored', CASE WHEN t.id IS NOT NULL THEN ${asMoney('coalesce(t.reserved_micro_usd, 0)', 'coalesce(t.charged_micro_usd, 0)')} END,
      'summed', ${asMoney('coalesce(s.reserved, 0)', 'coalesce(s.spent, 0)')}) AS fault
  FROM (${summed}) AS s FULL JOIN (SELECT id, reserved_micro_usd, charged_micro_usd FROM tasks WHERE reserved_micro_usd IS NOT NULL OR charged_micro_usd > 0
      UNION ALL SELECT id, reserved_micro_usd, charged_micro_usd FROM tasks
      WHERE reserved_micro_usd IS NULL AND coalesce(charged_micro_usd, 0) = 0 AND EXISTS (SELECT FROM ledger WHERE task_id = id)) AS t ON t.id = s.task_id
  WHERE coalesce(s.reserved, 0) <> coalesce(t.reserved_micro_usd, 0)
    OR (t.id IS NOT NULL AND coalesce(s.spent, 0) <> coalesce(t.charged_micro_usd, 0))
  ORDER BY coalesce(t.id, s.task_id) LIMIT $1`;

/** Tasks that were reserved or ended more than once, or ended as they never were, or have ended, or are gone, with what they reserved. */
const entries = `SELECT json_build_object('kind', 'entries', 'taskId', l.task_id, 'kinds', json_agg(l.kind ORDER BY number)) AS fault
  FROM ledger AS l LEFT JOIN tasks ON tasks.id = l.task_id WHERE l.task_id IS NOT NULL GROUP BY l.task_id
  HAVING count(*) FILTER (WHERE l.kind = 'reserve') > 1 OR count(*) FILTER (WHERE l.kind IN ('settle', 'release')) > 1
    OR bool_or(l.kind IN ('settle', 'release') AND tasks.id IS NOT NULL AND tasks.finished_at IS NULL)
    OR (bool_and(l.kind = 'reserve') AND bool_or(tasks.id IS NULL OR (tasks.finished_at IS NOT NULL AND tasks.hold_until IS NULL)))
  ORDER BY l.task_id LIMIT $1`;

const faultsSql = `(${balances}) UNION ALL (${tasks}) UNION ALL (${entries})`;

/** Finds at most `limit` differences. */
export async function findFaults(query: Query, limit: number): Promise<LedgerFault[]> {
  const rows: Row[] = await query(faultsSql, [limit]);
  return rows.map((row) => row['fault'] as LedgerFault).slice(0, limit);
}
