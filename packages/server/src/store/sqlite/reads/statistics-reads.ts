// Statements that read the counts of tasks, and the length of the queue by model.

import type { DatabaseSync } from 'node:sqlite';
import type { StatisticsStore } from '../../../core/tasks/statistics.ts';
import type { Synchronous } from '../asynchronous.ts';
import { toBucket } from '../../rows.ts';

type StatisticsReads = Synchronous<Pick<StatisticsStore, 'countsBetween' | 'countPendingByModel'>>;

export function createStatisticsReads(database: DatabaseSync): StatisticsReads {
  const between = database.prepare('SELECT * FROM task_counts WHERE bucket_at >= ? AND bucket_at < ?');
  const pendingByModel = database.prepare(
    `SELECT model, sum(count) AS count FROM (
       SELECT model, count(*) AS count FROM tasks INDEXED BY tasks_ready WHERE queued = 'ready' GROUP BY model
       UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_delayed WHERE queued = 'delayed' GROUP BY model
       UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_at_limit WHERE queued = 'held' GROUP BY model
       UNION ALL SELECT model, count(*) FROM tasks INDEXED BY tasks_running WHERE queued = 'apart' GROUP BY model)
     GROUP BY model`,
  );
  return {
    countsBetween: (from, to) => between.all(from, to).map(toBucket),
    countPendingByModel: () => pendingByModel.all() as { model: string; count: number }[],
  };
}
