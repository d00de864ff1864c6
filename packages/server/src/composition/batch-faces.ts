// Builds the calls for batches of clients of other APIs.

import type { FaceParts } from './face-parts.ts';
import { longestBatchSeconds } from './submits.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import type { RenderPicture } from '../core/pictures/renditions.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import type { LinkToFile } from '../http/faces/kit/file-links.ts';
import { type ClientBatches, createClientBatches } from '../http/faces/kit/client-batches.ts';
import type { GeminiBatchesParts } from '../http/faces/gemini/batches/batches.ts';
import type { BatchSaid } from '../http/faces/openai/batches/read-batch.ts';
import type { RequestLine } from '../http/faces/openai/batches/read-lines.ts';
import { openAiBatchesFace } from '../http/faces/openai/batches/batches.ts';

interface BatchFaceParts extends FaceParts {
  render: RenderPicture;
}

/** Parts of the batches of a face, whose name is that of its records. */
function batchParts<Said, Line extends object>(
  { config, parts, intake, serve, authorize, bodies, callerAddress, tries, render }: BatchFaceParts,
  face: string,
) {
  const { store, pictureStore: pictures, views, clock, router, emit, charging, links } = parts;
  const limits = { ...intake.limits, maxDeadlineSeconds: longestBatchSeconds(config) };
  const batches: ClientBatches<Said, Line> = createClientBatches(
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
    face,
  );
  const recordMs = Math.max(config.task_lifetime_seconds, config.picture_lifetime_seconds) * 1000;
  return {
    serve,
    batches,
    store,
    pictures,
    bodies,
    limits,
    links,
    render,
    recordMs,
    clock,
  };
}

export function openAiBatches(shared: BatchFaceParts, linkToFile: LinkToFile): Face {
  return openAiBatchesFace({
    ...batchParts<BatchSaid, RequestLine>(shared, 'openai'),
    upload: shared.intake.upload,
    uploadDocument: shared.intake.uploadDocument,
    linkToFile,
    fileLifetimeSeconds: shared.config.file_lifetime_seconds,
  });
}

export function geminiBatches(
  shared: BatchFaceParts,
  resolveFiles: GeminiBatchesParts['resolveFiles'],
): GeminiBatchesParts {
  return { ...batchParts(shared, 'gemini'), resolveFiles };
}
