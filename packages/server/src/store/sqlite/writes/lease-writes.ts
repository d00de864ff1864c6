// Statements that renew leases, and take them over.

import type { DatabaseSync } from 'node:sqlite';
import type { TaskQueue } from '../../../core/tasks/task-queue.ts';
import { changedColumns, changeOf } from '../../rows.ts';
import { fence, leased, newToken } from './lease-fence.ts';
import { createWithAttempts, type TaskRows } from './take-writes.ts';
import type { WriteParts } from './write-parts.ts';

export function createLeaseWrites({ database, note }: WriteParts) {
  const renewLease = prepareRenew(database);
  const takeOver = database.prepare(
    `UPDATE tasks SET lease_token = ${newToken}, lease_expires_at = :expiresAt
     WHERE id IN (SELECT id FROM tasks WHERE state = 'running' AND lease_expires_at <= :by ORDER BY lease_expires_at LIMIT :limit)
     RETURNING *`,
  );
  const withAttempts = createWithAttempts(database);

  return {
    renewLeases(
      leases: Parameters<TaskQueue['renewLeases']>[0],
      { now, leaseMs }: Parameters<TaskQueue['renewLeases']>[1],
    ): { lost: string[]; cancelled: string[] } {
      const lost: string[] = [];
      const cancelled: string[] = [];
      for (const { lease, progress } of leases) {
        const row = renewLease.get({ ...fence(lease), progress, now, expiresAt: now + leaseMs });
        if (row === undefined) lost.push(lease.taskId);
        else note(changeOf(row));
        if (typeof row?.['cancel_requested_at'] === 'number') cancelled.push(lease.taskId);
      }
      return { lost, cancelled };
    },
    claimExpiredLeases({
      by,
      now,
      leaseMs,
      limit,
    }: Parameters<TaskQueue['claimExpiredLeases']>[0]): TaskRows[] {
      return takeOver.all({ by, expiresAt: now + leaseMs, limit }).map(withAttempts);
    },
  };
}

function prepareRenew(database: DatabaseSync) {
  return database.prepare(
    `UPDATE tasks SET lease_expires_at = :expiresAt, progress = :progress,
       changed = iif(progress = :progress, changed, next_change()),
       updated_at = iif(progress = :progress, updated_at, max(updated_at, :now)) WHERE ${leased}
     RETURNING ${changedColumns}, cancel_requested_at`,
  );
}
