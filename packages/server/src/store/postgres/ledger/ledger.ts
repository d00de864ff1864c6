// Statements of the ledger beside those of submits and of ends.

import {
  type Adjustment,
  type LedgerEntry,
  type LedgerStore,
  maxAdjustedMicroUsd,
} from '../../../core/ledger/ledger.ts';
import { allTime } from '../../../core/ledger/periods.ts';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { adjustmentEntry } from '../../../core/audit/ledger-entry.ts';
import type { FinalCharge } from '../../../core/ledger/money.ts';
import type { ReadyView } from '../../../core/tasks/task-queue.ts';
import { adjustedTask, type UsageChange, usageOfEntry } from '../../../core/usage/usage-changes.ts';
import { changeOf, entryColumns, type Row, toUsedTask } from '../../rows.ts';
import { appendAudit } from '../audit.ts';
import { changedNow } from '../changes-order.ts';
import type { Database } from '../database/database.ts';
import { rowParameters } from '../database/parameters.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { changing, oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import { byPlace } from '../tasks/task-rows.ts';
import { toWholeTask, wholeTask } from '../tasks/whole-task.ts';
import { chargeColumns, changesOf, entered, enteredColumns, setCharge } from './charges.ts';
import { findFaults } from './find-faults.ts';
import { entriesOf, standingsNow } from './standings.ts';

/** `alone` writes one thing at a time, apart from the others. */
export function createLedger(
  { query }: Pick<Database, 'query'>,
  { write }: Pick<Writer, 'write'>,
  alone: Pick<Writer, 'write'>,
): LedgerStore {
  return {
    async listEntries({ taskId = null, subjectId = null, after = 0, limit }) {
      const rows = await query(entriesSql, [taskId, subjectId, after, limit]);
      return rows.map(toEntry);
    },
    findLedgerFaults: (limit) => findFaults(query, limit),
    adjust: (adjustment, audited) => write(adjust, [adjustment, audited]),
    async standingsOf(subjects, at, defaults = {}) {
      if (subjects.length === 0) return [];
      const judged = subjects.map((subject) => ({ ...subject, at }));
      const standings = await standingsNow(query, alone, judged, defaults);
      return judged.map(standings.of);
    },
    async findExpiredHolds(by, limit) {
      const rows = await query(expiredHolds, [by, limit]);
      return rows.map(toWholeTask);
    },
    endHold: (taskId, end) => write(endHold, { taskId, ...end }),
  };
}

const toEntry = (row: object): LedgerEntry => {
  const entry = row as LedgerEntry;
  return { ...entry, reason: entry.reason === null ? null : fromColumn(entry.reason) };
};

/** By the index of whom it asks for: of a task, of an owner, of a key, or in their order. */
const entriesSql = `SELECT ${entryColumns} FROM (
    SELECT * FROM ledger WHERE $1::text IS NOT NULL AND task_id = $1
    UNION ALL SELECT * FROM ledger WHERE $1::text IS NULL AND $2::text IS NOT NULL AND (owner_id = $2 OR key_id = $2)
    UNION ALL (SELECT * FROM ledger WHERE $1::text IS NULL AND $2::text IS NULL AND number > $3 ORDER BY number LIMIT $4)) AS l
  WHERE number > $3 ORDER BY number LIMIT $4`;

const expiredHolds = `SELECT ${wholeTask()} FROM tasks WHERE hold_until <= $1 ORDER BY hold_until LIMIT $2`;

const adjustSql = `INSERT INTO ledger (kind, attempt, key_id, owner_id, at, reserved_at, reserved_delta, spent_delta, pictures_delta, reason)
  VALUES ('adjust', 0, $1, $2, $3, $3, 0, $4, 0, $5) RETURNING ${entryColumns}`;

const tooMuchSql = `SELECT FROM (SELECT unnest($1::text[]) AS subject_id, ${allTime.startsAt}::bigint AS starts_at, ${allTime.endsAt}::bigint AS ends_at) AS wanted
    CROSS JOIN LATERAL (SELECT coalesce(sum(spent_delta), 0) AS spent FROM (${entriesOf('wanted')}) AS entries) AS sums
  WHERE abs(spent + $2::bigint) > ${maxAdjustedMicroUsd} LIMIT 1`;

const adjust = oneByOne(
  async (
    { query, balances, use }: Transaction,
    adjustment: Adjustment,
    audited?: AuditedAct,
  ): Promise<LedgerEntry | null> => {
    const { keyId, ownerId, at, spentDelta, reason } = adjustment;
    const subjects = [ownerId, keyId ?? ownerId];
    balances.lock(subjects);
    if ((await query(tooMuchSql, [subjects, spentDelta])).length > 0) return null;
    if (audited !== undefined) await appendAudit(query, adjustmentEntry(audited, adjustment));
    const [row = {}] = await query(adjustSql, [keyId, ownerId, at, spentDelta, toColumn(reason)]);
    const entry = toEntry(row);
    balances.add([entry]);
    use([usageOfEntry(adjustedTask(entry), '', entry)]);
    return entry;
  },
);

function toUsageChange(row: Row): UsageChange {
  const [reservedDelta, spentDelta] = [row['reserved_delta'] as number, row['spent_delta'] as number];
  return usageOfEntry(toUsedTask(row), row['upstream'] as string | null, { reservedDelta, spentDelta });
}

interface HoldEnd {
  taskId: string;
  at: number;
  charge: FinalCharge;
  view: ReadyView;
}

const ending = rowParameters<HoldEnd>({
  id: ['text', ({ taskId }) => taskId],
  at: ['bigint', ({ at }) => at],
  ...chargeColumns,
  view_key: ['text', ({ view }) => view.key],
  view: ['text', ({ view }) => view.text],
});

/** A hold ends once: of those who ask for the same task the first does. */
const endHoldSql = `WITH asked AS MATERIALIZED (SELECT DISTINCT ON (id) * FROM ${ending.table} ORDER BY id, place),
  ended AS (
    UPDATE tasks SET ${setCharge}, changed = ${changedNow}, updated_at = greatest(updated_at, asked.at), view_key = asked.view_key, view = asked.view
    FROM asked WHERE tasks.id = ANY ($1) AND tasks.id = asked.id AND tasks.hold_until IS NOT NULL
    RETURNING tasks.id, key_id, owner_id, model, state, created_at, reserved_micro_usd, place),
  ${entered('ended')}
  SELECT ended.id, ended.key_id, state, place, ${enteredColumns}, coalesce(ended.owner_id, ended.key_id) AS of_owner, model, created_at,
    (SELECT upstream FROM attempts WHERE task_id = ended.id ORDER BY number DESC LIMIT 1) AS upstream
  FROM ended LEFT JOIN entered ON task_id = ended.id`;

const endHold = changing(
  ({ taskId }: HoldEnd) => [taskId],
  async ({ query, note, balances, use }: Transaction, all: readonly HoldEnd[]): Promise<boolean[]> => {
    const rows = await query(endHoldSql, ending.of(all));
    for (const row of rows) note(changeOf(row));
    balances.add(changesOf(rows));
    use(rows.filter((row) => row['entered_owner'] !== null).map(toUsageChange));
    return byPlace(all, rows, (row) => row !== undefined);
  },
);
