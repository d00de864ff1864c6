// Shared by the writes to tasks: the database, and how a change is noted, counted and told to webhooks.

import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../../core/tasks/changes.ts';
import { createLedger, type Ledger } from '../ledger/entries.ts';
import { createEnqueue, type Enqueue } from './enqueue.ts';
import { createLanes, type Lanes } from '../order/lanes.ts';
import type { AddUsage } from '../usage/gathered-usage.ts';
import { createUsageWrites, type UsageWrites } from '../usage/usage-writes.ts';
import { type Count, createCount } from './statistics-writes.ts';

export interface WriteParts {
  database: DatabaseSync;
  /** Notes a change, to be made known once the write is durable. */
  note: Note;
  enqueue: Enqueue;
  count: Count;
  ledger: Ledger;
  lanes: Lanes;
  usage: UsageWrites;
}

export type Note = (change: Change) => void;

/** `addUsage` adds to the usage of a day; at once, where it is not given. */
export function createWriteParts(database: DatabaseSync, note: Note, addUsage?: AddUsage): WriteParts {
  countChanges(database);
  const usage = createUsageWrites(database, addUsage);
  return {
    database,
    note,
    enqueue: createEnqueue(database),
    count: createCount(database, usage),
    ledger: createLedger(database),
    lanes: createLanes(database),
    usage,
  };
}

/**
 * Gives SQL `next_change()`, a number larger than any before. Where the tasks with the largest ones were deleted before a
 * restart, the time is larger: it is in milliseconds, and no store changes a thousand times a second for years.
 */
function countChanges(database: DatabaseSync): void {
  // From key to key through the index, however many tasks each has.
  const latest = database
    .prepare(
      `WITH RECURSIVE keys (id) AS (
         SELECT min(key_id) FROM tasks
         UNION ALL SELECT (SELECT min(key_id) FROM tasks WHERE key_id > keys.id) FROM keys WHERE keys.id IS NOT NULL)
       SELECT max((SELECT max(changed) FROM tasks WHERE key_id = keys.id)) AS changed FROM keys`,
    )
    .get();
  let last = Math.max(Number(latest?.['changed'] ?? 0), Date.now());
  database.function('next_change', () => (last += 1));
}
