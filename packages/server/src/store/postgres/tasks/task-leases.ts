// Statements that renew the leases of running tasks.

import type { Lease, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { changeOf } from '../../rows.ts';
import { changedNow } from '../changes-order.ts';
import { rowParameters } from '../database/parameters.ts';
import { leaseColumns } from './task-attempts.ts';
import { leased } from './task-rows.ts';
import { changing, type Transaction, type Writer } from '../database/writer.ts';

export function createTaskLeases({ write }: Pick<Writer, 'write'>): Pick<TaskQueue, 'renewLeases'> {
  return {
    renewLeases: (leases, { now, leaseMs }) =>
      write(
        renewLeases,
        leases.map((each) => ({ ...each, now, expiresAt: now + leaseMs })),
      ),
  };
}

interface Renewal {
  lease: Lease;
  progress: number;
  now: number;
  expiresAt: number;
}

const renewing = rowParameters<Renewal>({
  ...leaseColumns,
  progress: ['double precision', ({ progress }) => progress],
  now: ['bigint', ({ now }) => now],
  expires_at: ['bigint', ({ expiresAt }) => expiresAt],
});

const renewSql = `UPDATE tasks SET lease_expires_at = asked.expires_at, progress = asked.progress,
    changed = CASE WHEN tasks.progress = asked.progress THEN changed ELSE ${changedNow} END,
    updated_at = CASE WHEN tasks.progress = asked.progress THEN updated_at ELSE greatest(updated_at, asked.now) END
  FROM ${renewing.table} WHERE ${leased}
  RETURNING tasks.id, key_id, state, lease_token, cancel_requested_at`;

const renewLeases = changing(
  (renewals: readonly Renewal[]) => renewals.map(({ lease }) => lease.taskId),
  async ({ query, note }: Transaction, all: readonly (readonly Renewal[])[]) => {
    const rows = await query(renewSql, renewing.of(all.flat()));
    for (const row of rows) note(changeOf(row));
    const held = new Map(rows.map((row) => [`${String(row['id'])} ${String(row['lease_token'])}`, row]));
    return all.map((renewals) => {
      const found = renewals.map(({ lease: { taskId, token } }) => ({
        taskId,
        row: held.get(`${taskId} ${token}`),
      }));
      return {
        lost: found.filter(({ row }) => row === undefined).map(({ taskId }) => taskId),
        cancelled: found
          .filter(({ row }) => typeof row?.['cancel_requested_at'] === 'number')
          .map(({ taskId }) => taskId),
      };
    });
  },
);
