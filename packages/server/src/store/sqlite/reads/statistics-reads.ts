// Statements that read the counts of tasks.

import type { DatabaseSync } from 'node:sqlite';
import type { StatisticsStore } from '../../../core/tasks/statistics.ts';
import type { Synchronous } from '../asynchronous.ts';
import { toBucket } from '../../rows.ts';

type StatisticsReads = Synchronous<Pick<StatisticsStore, 'countsBetween'>>;

export function createStatisticsReads(database: DatabaseSync): StatisticsReads {
  const between = database.prepare('SELECT * FROM task_counts WHERE bucket_at >= ? AND bucket_at < ?');
  return { countsBetween: (from, to) => between.all(from, to).map(toBucket) };
}
