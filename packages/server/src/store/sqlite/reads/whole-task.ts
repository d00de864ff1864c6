// A task's row with its attempts, as core knows it.

import type { DatabaseSync } from 'node:sqlite';
import type { Task } from '../../../core/tasks/task.ts';
import { type Row, toTask } from '../../rows.ts';

export function createToWholeTask(database: DatabaseSync): (row: Row) => Task {
  const attemptsOf = database.prepare('SELECT * FROM attempts WHERE task_id = ? ORDER BY number');
  return (row) => toTask(row, attemptsOf.all(row['id'] as string));
}
