// fal's API: its queue, runs that wait, and its storage.

import type { Face } from '../../app.ts';
import type { Serve } from '../../route/serve.ts';
import type { RunTask } from '../kit/run-task.ts';
import { falRoutes } from './fal-routes.ts';
import { queueCalls, type QueueParts } from './queue.ts';
import { runCalls } from './run.ts';
import { storageCalls, type StorageParts } from './storage.ts';

export interface FalParts extends QueueParts, StorageParts {
  serve: Serve;
  runTask: RunTask;
}

export function falFace(parts: FalParts): Face {
  return parts.serve(falRoutes, { ...queueCalls(parts), ...runCalls(parts), ...storageCalls(parts) });
}
