// The thread that counts all that waits: 20 ms for a queue of 100,000, and more for the gauges, which would hold up the event loop. It has the
// file open for no longer than a read, so that it never keeps the log from being folded into the database.

import { serveTasks } from '../../../lib/threads/thread-tasks.ts';
import { openForReading } from '../database.ts';
import { countPendingByModel, readGauges } from './read-gauges.ts';

export type GaugesTask = { file: string } & ({ read: 'gauges'; now: number } | { read: 'pendingByModel' });

/** Value of a read, or the driver's error. */
export type GaugesAnswer = { value: unknown } | { error: { message: string; errcode: unknown } };

serveTasks((task: GaugesTask): { result: GaugesAnswer } => {
  try {
    const database = openForReading(task.file);
    try {
      const value = task.read === 'gauges' ? readGauges(database, task.now) : countPendingByModel(database);
      return { result: { value } };
    } finally {
      database.close();
    }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: unknown };
    return { result: { error: { message, errcode } } };
  }
});
