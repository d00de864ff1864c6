// The thread that reads the gauges: 20 ms for a queue of 100,000, which would hold up the event loop. It has the file open for no longer
// than a read, so that it never keeps the log from being folded into the database.

import { serveTasks } from '../../../lib/threads/thread-tasks.ts';
import { openForReading } from '../database.ts';
import { readGauges } from './read-gauges.ts';

export interface GaugesTask {
  file: string;
  /** Unix milliseconds. */
  now: number;
}

serveTasks(({ file, now }: GaugesTask) => {
  const database = openForReading(file);
  try {
    return { result: readGauges(database, now) };
  } finally {
    database.close();
  }
});
