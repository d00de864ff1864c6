// Columns of batches that clients of other APIs made, and counts of a batch's tasks. Both stores have them in the same words.

import type { BatchCounts } from '../core/batches/client-batches.ts';
import type { Row } from './rows.ts';

export const clientBatchColumns = `id, key_id AS "keyId", face, created_at AS "createdAt", expires_at AS "expiresAt", record`;

/** Counts of the tasks that a `WHERE` finds. What a message says is escaped within the JSON of a failure, so only its type has this form. */
export const countsOfBatch = `count(*) AS total,
  count(*) FILTER (WHERE state = 'succeeded') AS succeeded,
  count(*) FILTER (WHERE state = 'error') AS failed,
  count(*) FILTER (WHERE state = 'error' AND failure LIKE '%"type":"cancelled"%') AS cancelled,
  count(*) FILTER (WHERE state = 'error' AND failure LIKE '%"type":"deadline_exceeded"%') AS late,
  max(finished_at) AS "finishedAt"`;

export function toBatchCounts(row: Row | undefined): BatchCounts {
  const numberOf = (name: keyof BatchCounts) => Number(row?.[name] ?? 0);
  const finishedAt = row?.['finishedAt'];
  return {
    total: numberOf('total'),
    succeeded: numberOf('succeeded'),
    failed: numberOf('failed'),
    cancelled: numberOf('cancelled'),
    late: numberOf('late'),
    finishedAt: finishedAt === null || finishedAt === undefined ? null : Number(finishedAt),
  };
}
