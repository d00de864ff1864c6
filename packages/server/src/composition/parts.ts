// Parts that the routes over HTTP are built of.

import type { ParsedConfig } from '../config/parse-config.ts';
import type { ModelTable } from '../core/models/models.ts';
import type { DiskRoom } from '../core/pictures/disk-room.ts';
import type { GuardedFetch } from '../core/pictures/inputs.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { InspectPicture } from '../core/pictures/picture-bytes.ts';
import type { Admission } from '../core/submit/admission.ts';
import type { Changes } from '../core/tasks/changes.ts';
import type { DeleteTask } from '../core/commands/delete-task.ts';
import type { TaskViews } from '../core/tasks/task-views.ts';
import type { AddressPolicy } from '../lib/addresses.ts';
import type { Clock } from '../lib/clock.ts';
import type { Emit } from '../core/events.ts';
import type { Storage } from './storage.ts';
import type { LinkSigner } from '../pictures/stores/signing.ts';
import type { UpstreamRouter } from '../routing/router.ts';
import type { WebhookDeliverer } from '../webhooks/deliver.ts';

export interface AppParts {
  store: Storage['store'];
  pictureStore: PictureStore;
  changes: Changes;
  clock: Clock;
  emit: Emit;
  sources: ParsedConfig['sources'];
  router: UpstreamRouter;
  models: ModelTable;
  views: TaskViews;
  signer: LinkSigner;
  policy: AddressPolicy;
  fetch: GuardedFetch;
  inspect: InspectPicture;
  disk: DiskRoom;
  admission: Admission;
  deliverer: WebhookDeliverer;
  deleteTask: DeleteTask;
  /** Gives the beginning of links. Called each time, as a server on a free port learns its port only when it listens. */
  publicUrl: () => string;
}
