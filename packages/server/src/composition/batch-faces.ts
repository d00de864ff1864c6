// Builds the calls for batches of clients of other APIs.

import type { FaceParts } from './face-parts.ts';
import { longestBatchSeconds } from './submits.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import type { RenderPicture } from '../core/pictures/renditions.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import type { LinkToFile } from '../http/faces/kit/file-links.ts';
import { createClientBatches } from '../http/faces/kit/client-batches.ts';
import type { BatchSaid } from '../http/faces/openai/batches/read-batch.ts';
import type { RequestLine } from '../http/faces/openai/batches/read-lines.ts';
import { openAiBatchesFace } from '../http/faces/openai/batches/batches.ts';

export function openAiBatches(shared: FaceParts & { render: RenderPicture }, linkToFile: LinkToFile): Face {
  const { config, parts, intake, serve, authorize, bodies, callerAddress, tries, render } = shared;
  const { store, pictureStore: pictures, views, clock, router, emit, charging, links } = parts;
  const limits = { ...intake.limits, maxDeadlineSeconds: longestBatchSeconds(config) };
  const batches = createClientBatches<BatchSaid, RequestLine>(
    {
      ...intake,
      limits,
      store,
      tries,
      authorize,
      bodies,
      callerAddress,
      actingKey: createActingKey(store.keyOfBatch),
      cancel: createCancelTask({ store, views, clock, router, emit, charging }),
      clock,
    },
    'openai',
  );
  return openAiBatchesFace({
    serve,
    batches,
    store,
    pictures,
    bodies,
    limits,
    links,
    render,
    upload: intake.upload,
    uploadDocument: intake.uploadDocument,
    linkToFile,
    fileLifetimeSeconds: config.file_lifetime_seconds,
    recordMs: Math.max(config.task_lifetime_seconds, config.picture_lifetime_seconds) * 1000,
    clock,
  });
}
