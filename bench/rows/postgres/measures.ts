// The rows of PostgreSQL, by the names under which they can be asked for.

import { measureHeldSnapshot, measureLongQueue } from './held-snapshot.ts';
import { measureNotify } from './notify.ts';
import { measurePostgresPickUp } from './pick-up.ts';
import type { MeasurePostgres } from './row.ts';
import { measurePostgresStatus } from './status.ts';
import { measurePostgresSubmits } from './submits.ts';
import { measureTakes } from './takes.ts';
import { measurePostgresTasks } from './tasks.ts';
import { measureTwoServers } from './two-servers.ts';

export const postgresMeasures: Readonly<Record<string, MeasurePostgres>> = {
  submits: measurePostgresSubmits,
  takes: measureTakes,
  notify: measureNotify,
  'pick-up': measurePostgresPickUp,
  status: measurePostgresStatus,
  tasks: measurePostgresTasks,
  two: measureTwoServers,
  snapshot: measureHeldSnapshot,
  queue: measureLongQueue,
};
