// Adds up the usage of days, in the transaction of the change that is added.

import type { DatabaseSync } from 'node:sqlite';
import type { LedgerEntry } from '../../../core/ledger/ledger.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { noUsage } from '../../../core/usage/usage.ts';
import { dayOf } from '../../../lib/time/days.ts';
import {
  adjustedTask,
  type UsedEnd,
  type UsedTask,
  usageOfEnd,
  usageOfEntry,
  usageOfPull,
} from '../../../core/usage/usage-changes.ts';
import type { AddUsage } from './gathered-usage.ts';
import { usagePlaceColumns, usageSumColumns } from '../../usage-rows.ts';

export type UsageWrites = ReturnType<typeof createUsageWrites>;

/** `add` adds to the usage of a day. */
export function createUsageWrites(database: DatabaseSync, add: AddUsage = prepareAddUsage(database)) {
  const ofTask = database.prepare(
    `SELECT key_id AS keyId, coalesce(owner_id, key_id) AS ownerId, model, created_at AS createdAt,
       (SELECT upstream FROM attempts WHERE task_id = tasks.id ORDER BY number DESC LIMIT 1) AS upstream
     FROM tasks WHERE id = ?`,
  );
  return {
    /** Adds tasks of one key that came together. */
    submitted(tasks: readonly Pick<NewTask, 'keyId' | 'ownerId' | 'model' | 'createdAt' | 'price'>[]): void {
      for (const [model, ofModel] of Map.groupBy(tasks, (task) => task.model))
        for (const [day, some] of Map.groupBy(ofModel, ({ createdAt }) => dayOf(createdAt))) {
          const { keyId: key, ownerId: owner = key } = some[0]!;
          const reservedMicroUsd = some.reduce((sum, { price }) => sum + (price?.estimatedMicroUsd ?? 0), 0);
          const place = { day, owner, key, model, upstream: '' };
          add({ ...noUsage, ...place, submitted: some.length, reservedMicroUsd });
        }
    },
    pulledBack(task: UsedTask, to: { reserved: number; now: number }): void {
      for (const change of usageOfPull(task, to)) add(change);
    },
    ended(task: UsedTask, end: UsedEnd): void {
      for (const change of usageOfEnd(task, end)) add(change);
    },
    /** Adds what was entered for a task that had ended. */
    entered(taskId: string, entry: LedgerEntry): void {
      const { upstream, ...task } = ofTask.get(taskId) as unknown as UsedTask & { upstream: string | null };
      add(usageOfEntry(task, upstream, entry));
    },
    adjusted: (entry: LedgerEntry): void => add(usageOfEntry(adjustedTask(entry), '', entry)),
  };
}

export function prepareAddUsage(database: DatabaseSync): AddUsage {
  const columns = { ...usagePlaceColumns, ...usageSumColumns };
  const values = Object.keys(columns).map((name) => `:${name}`);
  const sums = Object.values(usageSumColumns).map((column) => `${column} = ${column} + excluded.${column}`);
  const add = database.prepare(
    `INSERT INTO usage_days (${Object.values(columns).join(', ')}) VALUES (${values.join(', ')})
     ON CONFLICT DO UPDATE SET ${sums.join(', ')}`,
  );
  return (change) => void add.run({ ...change });
}
