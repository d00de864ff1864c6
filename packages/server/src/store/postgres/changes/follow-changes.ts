// Following the changes of all processes: a cursor goes through their numbers, up to the horizon. Those above it that can be seen are told of
// early, as nobody should wait for a transaction of others; the cursor comes to them later.

import type { Change } from '../../../core/tasks/changes.ts';
import type { TaskState } from '../../../core/tasks/task.ts';
import type { StartTimer } from '../../../lib/timers.ts';
import { createOneAgain } from '../../../lib/turns/one-again.ts';
import type { Row } from '../../rows.ts';
import type { Database } from '../database/database.ts';
import { numbersAdded } from '../changes-order.ts';
import { type Horizon, horizonOf } from './horizon.ts';

export interface Follower {
  /** Tells of what has changed since the last time, the first time of nothing. Resolves also when the database does not answer. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

interface FollowerParts {
  database: Pick<Database, 'query' | 'commits'>;
  horizon: Horizon;
  startTimer: StartTimer;
  notify: (changes: readonly Change[]) => void;
}

const pageSize = 500;
/** Time for which the cursor stands still before a nearer look at the horizon, which costs more; then twice that, and so on. */
const stillMs = 50;
const maxStillMs = 1_000;
/** Sorts behind every id. */
const behindAll = '~';

export function createFollower(parts: FollowerParts): Follower {
  const { horizon, startTimer } = parts;
  let cursor: Cursor | undefined;
  let isClosed = false;
  let waitMs = stillMs;
  let stopWaiting: (() => void) | undefined;

  /** Looks nearer and reads again, after a while in which the cursor stood still. */
  function lookLater(): void {
    stopWaiting ??= startTimer(() => {
      stopWaiting = undefined;
      waitMs = Math.min(waitMs * 2, maxStillMs);
      void horizon.look().then(follow, () => {});
    }, waitMs);
  }

  function moveOn(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    waitMs = stillMs;
  }

  const readAll = createOneAgain(async () => {
    cursor ??= await startCursor(parts);
    for (let isMore = true; isMore && !isClosed;) {
      const page = await cursor.readPage();
      if (page.hasMoved || !page.isHeld) moveOn();
      if (page.isHeld && !isClosed) lookLater();
      isMore = page.isMore;
    }
  });
  // The database may be away. Somebody asks again within a second.
  const follow = () => readAll().catch(() => {});

  return {
    follow,
    async close() {
      isClosed = true;
      moveOn();
      await readAll().catch(() => {});
    },
  };
}

const page = `
  SELECT changed, id, key_id, state, cancels, changed < horizon AS is_known, horizon FROM (
    (SELECT changed, id, key_id, state, state = 'running' AND cancel_requested_at IS NOT NULL AS cancels
     FROM tasks WHERE (changed, id) > ($1, $2) ORDER BY changed, id LIMIT ${pageSize})
    UNION ALL
    (SELECT changed, task_id, key_id, state, false FROM silent_changes
     WHERE (changed, task_id) > ($1, $2) ORDER BY changed, task_id LIMIT ${pageSize})) AS changes,
    (SELECT ${horizonOf('$3')} AS horizon) AS seen
  ORDER BY changed, id LIMIT ${pageSize}`;

type Cursor = ReturnType<typeof createCursor>;

/** Begins with the changes that come from now on. */
async function startCursor(parts: FollowerParts): Promise<Cursor> {
  const [now] = await parts.database.query(
    `SELECT ${horizonOf('$1')} AS horizon, ${numbersAdded} AS added`,
    [0],
  );
  return createCursor(parts, { begin: Number(now?.['horizon']) - 1, added: Number(now?.['added']) });
}

/** Reads pages of changes from behind those with the number `begin`, and tells of them. Of numbers, `added` is not of the transaction. */
function createCursor(
  { database, horizon, notify }: FollowerParts,
  { begin, added }: { begin: number; added: number },
) {
  const { query, commits } = database;
  let at = { changed: begin, id: behindAll };
  /** Changes above the horizon that were told of, with their numbers. */
  const early = new Map<string, number>();

  const numberOf = (row: Row) => row['changed'] as number;
  const isOwn = (row: Row) => commits.isOwn(numberOf(row) - added);
  const nameOf = (row: Row) => `${numberOf(row)} ${String(row['id'])}`;
  /** Whether nobody was told of it, or somebody could not see it then. */
  const isNews = (row: Row) => horizon.wasWithheld(numberOf(row)) || !(isOwn(row) || early.has(nameOf(row)));

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
      const rows = await query(page, [at.changed, at.id, horizon.known()]);
      // Whether a change is this process's own is known when its commit has been answered.
      await commits.settled();
      const known = rows.filter((row) => row['is_known'] === true);
      const held = rows.slice(known.length).filter((row) => !isOwn(row) && !early.has(nameOf(row)));
      for (const row of held) early.set(nameOf(row), numberOf(row));
      if (rows[0] !== undefined) horizon.raise(rows[0]['horizon'] as number);
      const news = [...known.filter(isNews), ...held];
      pass(known);
      if (news.length > 0) notify(news.map(toChange));
      const isMore = known.length === pageSize;
      return { hasMoved: known.length > 0, isHeld: known.length < rows.length, isMore };
    },
  };
}

function toChange(row: Row): Change {
  const change = {
    taskId: String(row['id']),
    keyId: String(row['key_id']),
    state: row['state'] as TaskState,
  };
  return row['cancels'] === true ? { ...change, cancelRequested: true } : change;
}
