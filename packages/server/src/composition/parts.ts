// Parts that the routes over HTTP are built of.

import type { ParsedConfig } from '../config/parse-config.ts';
import type { ModelTable } from '../core/models/models.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { Changes } from '../core/tasks/changes.ts';
import type { DeleteTask } from '../core/commands/delete-task.ts';
import type { Clock } from '../lib/clock.ts';
import type { Tracer } from '../core/tracer.ts';
import type { Emit } from '../core/events.ts';
import type { CreateScrape } from './metrics.ts';
import type { BuiltNodes } from './nodes.ts';
import type { Storage } from './storage.ts';
import type { TaskParts } from './tasks.ts';
import type { UpstreamRouter } from '../routing/router.ts';
import type { WebhookDeliverer } from '../webhooks/deliver.ts';

export interface AppParts
  extends TaskParts, Pick<Storage, 'store' | 'disk' | 'databaseBytes' | 'partialImages'> {
  pictureStore: PictureStore;
  changes: Changes;
  clock: Clock;
  emit: Emit;
  /** Absent where no traces are kept. */
  tracer: Tracer | undefined;
  sources: ParsedConfig['sources'];
  router: UpstreamRouter;
  models: ModelTable;
  nodes: Pick<BuiltNodes, 'id' | 'list' | 'callsElsewhere'>;
  deliverer: Pick<WebhookDeliverer, 'wake' | 'attempted'>;
  deleteTask: DeleteTask;
  createScrape: CreateScrape;
  /** Gives the beginning of links. Called each time, as a server on a free port learns its port only when it listens. */
  publicUrl: () => string;
  /** Throws `RequestError` while the server has not begun to work. */
  refuseUnbegun: () => void;
}
