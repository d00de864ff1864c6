// Statements that read the counts of tasks, and the length of the queue by model.

import type { DatabaseSync } from 'node:sqlite';
import type { StatisticsStore } from '../../../core/tasks/statistics.ts';
import type { Synchronous } from '../asynchronous.ts';
import { toBucket } from '../../rows.ts';

type StatisticsReads = Synchronous<Pick<StatisticsStore, 'countsBetween' | 'countPendingByModel'>>;

export function createStatisticsReads(database: DatabaseSync): StatisticsReads {
  const between = database.prepare('SELECT * FROM task_counts WHERE bucket_at >= ? AND bucket_at < ?');
  const pendingByModel = database.prepare(
    `SELECT model, count(*) AS count FROM tasks WHERE state = 'pending' GROUP BY model`,
  );
  return {
    countsBetween: (from, to) => between.all(from, to).map(toBucket),
    countPendingByModel: () => pendingByModel.all() as { model: string; count: number }[],
  };
}
