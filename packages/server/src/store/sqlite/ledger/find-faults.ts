// Compares what is stored with the sums of the entries. All is read in one transaction, beside a server that goes on writing.

import type { DatabaseSync } from 'node:sqlite';
import type { Balance } from '../../../core/ledger/balance.ts';
import type { EntryKind, LedgerFault } from '../../../core/ledger/ledger.ts';

const sums = `coalesce(sum(reserved_delta), 0) AS reserved, coalesce(sum(spent_delta), 0) AS spent`;

/** Balances with the sums of the entries of their subject and interval. */
const balances = `SELECT b.subject_id, b.starts_at, b.ends_at, b.reserved, b.spent, b.pictures,
    coalesce(sum(l.reserved_delta), 0) AS summed_reserved, coalesce(sum(l.spent_delta), 0) AS summed_spent,
    coalesce(sum(l.pictures_delta), 0) AS summed_pictures
  FROM balances AS b LEFT JOIN ledger AS l
    ON l.number IN (SELECT number FROM ledger WHERE owner_id = b.subject_id AND reserved_at >= b.starts_at AND reserved_at < b.ends_at
      UNION SELECT number FROM ledger WHERE key_id = b.subject_id AND reserved_at >= b.starts_at AND reserved_at < b.ends_at)
  GROUP BY b.subject_id, b.ends_at, b.starts_at
  HAVING b.reserved <> summed_reserved OR b.spent <> summed_spent OR b.pictures <> summed_pictures LIMIT ?`;

/** Tasks whose entries, or those of a task that is gone, do not add up to what the task has. */
const tasks = `WITH summed AS (SELECT task_id, ${sums} FROM ledger WHERE task_id IS NOT NULL GROUP BY task_id)
  SELECT summed.task_id, tasks.id, coalesce(reserved_micro_usd, 0) AS reserved, coalesce(charged_micro_usd, 0) AS spent,
    summed.reserved AS summed_reserved, summed.spent AS summed_spent
  FROM summed LEFT JOIN tasks ON tasks.id = summed.task_id
  WHERE summed.reserved <> coalesce(reserved_micro_usd, 0) OR (tasks.id IS NOT NULL AND summed.spent <> coalesce(charged_micro_usd, 0))
  UNION ALL
  SELECT id, id, coalesce(reserved_micro_usd, 0), coalesce(charged_micro_usd, 0), 0, 0 FROM tasks
  WHERE (reserved_micro_usd > 0 OR charged_micro_usd > 0) AND NOT EXISTS (SELECT 1 FROM ledger WHERE task_id = tasks.id)
  LIMIT ?`;

/** Tasks that were reserved or ended more than once, or ended as they never were, or have ended, or are gone, with what they reserved. */
const entries = `SELECT ledger.task_id, group_concat(kind, ',' ORDER BY number) AS kinds
  FROM ledger LEFT JOIN tasks ON tasks.id = ledger.task_id WHERE task_id IS NOT NULL GROUP BY ledger.task_id
  HAVING sum(kind = 'reserve') > 1 OR sum(kind IN ('settle', 'release')) > 1
    OR (sum(kind IN ('settle', 'release')) > 0 AND max(tasks.id IS NOT NULL AND tasks.finished_at IS NULL))
    OR (min(kind = 'reserve') AND max(tasks.id IS NULL OR (tasks.finished_at IS NOT NULL AND tasks.hold_until IS NULL))) LIMIT ?`;

export function createFindFaults(database: DatabaseSync): (limit: number) => LedgerFault[] {
  const statements = [
    [database.prepare(balances), toBalanceFault],
    [database.prepare(tasks), toTaskFault],
    [database.prepare(entries), toEntriesFault],
  ] as const;
  return (limit) => {
    const isMine = !database.isTransaction;
    if (isMine) database.exec('BEGIN');
    try {
      const faults = statements.flatMap(([statement, toFault]) => statement.all(limit).map(toFault));
      return faults.slice(0, limit);
    } finally {
      if (isMine) database.exec('COMMIT');
    }
  };
}

type Row = Record<string, unknown>;

const stored = ({ reserved, spent, pictures }: Row) => ({ reserved, spent, pictures }) as Balance;
const summed = (row: Row) =>
  ({
    reserved: row['summed_reserved'],
    spent: row['summed_spent'],
    pictures: row['summed_pictures'],
  }) as Balance;

function toBalanceFault(row: Row): LedgerFault {
  return {
    kind: 'balance',
    subjectId: row['subject_id'] as string,
    interval: { startsAt: row['starts_at'] as number, endsAt: row['ends_at'] as number },
    stored: stored(row),
    summed: summed(row),
  };
}

function toTaskFault(row: Row): LedgerFault {
  const { pictures: _, ...sum } = summed(row);
  const { pictures: __, ...own } = stored(row);
  return {
    kind: 'task',
    taskId: row['task_id'] as string,
    stored: row['id'] === null ? null : own,
    summed: sum,
  };
}

function toEntriesFault(row: Row): LedgerFault {
  const kinds = String(row['kinds']).split(',') as EntryKind[];
  return { kind: 'entries', taskId: row['task_id'] as string, kinds };
}
