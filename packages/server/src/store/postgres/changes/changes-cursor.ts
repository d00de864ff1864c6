// A cursor through the changes of all processes, by their numbers and up to the horizon. Those above it that can be seen are told of early, as
// nobody should wait for a transaction of others; the cursor comes to them later.

import type { Change, Changes } from '../../../core/tasks/changes.ts';
import type { TaskState } from '../../../core/tasks/task.ts';
import type { Row } from '../../rows.ts';
import type { Database } from '../database/database.ts';
import { numbersAdded } from '../changes-order.ts';
import { type Horizon, horizonOf } from './horizon.ts';

interface CursorParts {
  database: Pick<Database, 'query' | 'commits'>;
  horizon: Horizon;
  changes: Pick<Changes, 'notify'>;
}

interface Page {
  hasMoved: boolean;
  /** Whether some of it is above the horizon. */
  isHeld: boolean;
  /** Whether more is above the horizon than it has room for. */
  isCut: boolean;
  isMore: boolean;
}

export interface Cursor {
  /** Reads a page of changes and tells of them; `null` where some may have been missed, and the following has to begin anew. */
  readPage(): Promise<Page | null>;
}

const pageSize = 500;
/** Sorts behind every id. */
const behindAll = '~';
/** Time without a page after which silent changes may have been forgotten. In microseconds. */
const maxSilence = 9 * 60e6;

/** Time of the database, and what makes its numbers what they are: one that was started again may have lost the last ones, or be another. */
const moment = `(extract(epoch FROM clock_timestamp()) * 1e6)::bigint AS read_at,
  pg_postmaster_start_time()::text AS server, ${numbersAdded} AS added`;

const behindPlace = '((SELECT changed FROM place), (SELECT id FROM place))';

/** The place is in an item of its own: as parameters it would have PostgreSQL plan the statement each time, which takes longer than to run it. */
const page = `
  WITH place AS MATERIALIZED (SELECT $1::bigint AS changed, $2::text AS id)
  SELECT seen.*, found.*, changed < horizon AS is_known FROM
    (SELECT ${horizonOf('$3')} AS horizon, ${moment}) AS seen
    LEFT JOIN (
      (SELECT changed, id, key_id, state, state = 'running' AND cancel_requested_at IS NOT NULL AS cancels
       FROM tasks WHERE (changed, id) > ${behindPlace} ORDER BY changed, id LIMIT ${pageSize})
      UNION ALL
      (SELECT changed, task_id, key_id, state, false FROM silent_changes
       WHERE (changed, task_id) > ${behindPlace} ORDER BY changed, task_id LIMIT ${pageSize})
      ORDER BY changed, id LIMIT ${pageSize}) AS found ON true
  ORDER BY changed, id`;

/** Begins with the changes that come from now on. */
export async function startCursor(parts: CursorParts): Promise<Cursor> {
  parts.horizon.forgetAll();
  const [now = {}] = await parts.database.query(`SELECT ${horizonOf('$1')} AS horizon, ${moment}`, [0]);
  return createCursor(parts, now);
}

function createCursor({ database, horizon, changes }: CursorParts, begin: Row): Cursor {
  const { query, commits } = database;
  let at = { changed: Number(begin['horizon']) - 1, id: behindAll };
  let readAt = Number(begin['read_at']);
  /** Part of the numbers that is not of their transactions. */
  const added = Number(begin['added']);
  /** Changes above the horizon that were told of, with their numbers. */
  const early = new Map<string, number>();

  const nameOf = (row: Row) => `${numberOf(row)} ${String(row['id'])}`;
  const isEarlyNews = (row: Row) => !(commits.isOwn(numberOf(row) - added) || early.has(nameOf(row)));
  /** Whether nobody was told of it, or somebody could not see it then. */
  const isNews = (row: Row) => horizon.wasWithheld(numberOf(row)) || isEarlyNews(row);

  function pass(rows: readonly Row[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    at = { changed: numberOf(last), id: String(last['id']) };
    for (const [name, changed] of early) if (changed < at.changed) early.delete(name);
    // Of the last number there may be more.
    commits.forget(at.changed - 1 - added);
    horizon.forget(at.changed - 1);
  }

  return {
    async readPage() {
      const all = await query(page, [at.changed, at.id, horizon.known()]);
      const [now = {}] = all;
      const isSame = now['server'] === begin['server'] && now['added'] === begin['added'];
      if (!isSame || Number(now['read_at']) - readAt > maxSilence) return null;
      readAt = Number(now['read_at']);
      // Whether a change is this process's own is known when its commit has been answered.
      await commits.settled();
      const rows = all.filter((row) => row['changed'] !== null);
      const known = rows.filter((row) => row['is_known'] === true);
      const held = rows.slice(known.length).filter(isEarlyNews);
      for (const row of held) early.set(nameOf(row), numberOf(row));
      horizon.raise(Number(now['horizon']));
      const news = [...known.filter(isNews), ...held];
      pass(known);
      if (news.length > 0) changes.notify(news.map(toChange));
      const isFull = rows.length === pageSize;
      const isHeld = known.length < rows.length;
      return { hasMoved: known.length > 0, isHeld, isCut: isFull && isHeld, isMore: isFull && !isHeld };
    },
  };
}

const numberOf = (row: Row) => row['changed'] as number;

function toChange(row: Row): Change {
  const change = {
    taskId: String(row['id']),
    keyId: String(row['key_id']),
    state: row['state'] as TaskState,
  };
  return row['cancels'] === true ? { ...change, cancelRequested: true } : change;
}
