// Builds the face for clients of Gemini.

import { geminiBatches } from './batch-faces.ts';
import { createCallerOfKey } from './caller-of-key.ts';
import type { FaceParts } from './face-parts.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { createWaitForNews } from '../core/tasks/wait-for-news.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import { createReadResponses, geminiBatchesFace } from '../http/faces/gemini/batches/batches.ts';
import { geminiFilesFace } from '../http/faces/gemini/files.ts';
import { geminiForm } from '../http/faces/gemini/gemini-form.ts';
import { geminiRoot } from '../http/faces/gemini/gemini-routes.ts';
import { generateFace, type GenerateParts } from '../http/faces/gemini/generate.ts';
import { createResolveFiles } from '../http/faces/gemini/resolve-files.ts';
import { interactionsFace } from '../http/faces/gemini/interactions/interactions.ts';
import { faceScope } from '../http/faces/kit/face-scope.ts';
import type { LinkToFile } from '../http/faces/kit/file-links.ts';
import type { FollowTask } from '../http/faces/kit/run-task.ts';

export function geminiFace(
  faceParts: FaceParts & {
    /** Makes a link to a path that works until then (Unix seconds). */
    linkTo: (path: string, expiresAt: number) => string;
  },
  shared: Omit<GenerateParts, 'resolveFiles'>,
  { followTask, linkToFile }: { followTask: FollowTask; linkToFile: LinkToFile },
): Face {
  const { config, parts, intake, serve, bodies, linkTo, watch } = faceParts;
  const { store, pictureStore: pictures, clock, publicUrl, disk } = parts;
  const resolveFiles = createResolveFiles(linkToFile);
  const limits = {
    maxPictureBytes: config.max_picture_bytes,
    maxRequestsBytes: config.max_body_bytes,
    lifetimeSeconds: config.file_lifetime_seconds,
  };
  const batches = geminiBatches({ ...faceParts, render: shared.render }, resolveFiles);
  const { upload, uploadDocument, storedBytes } = intake;
  const callerOf = createCallerOfKey(config, parts);
  const room = { disk, storedBytes };
  const files = {
    ...room,
    serve,
    bodies,
    upload,
    uploadDocument,
    readResponses: createReadResponses(batches),
    store,
    pictures,
    callerOf,
    linkTo,
    publicUrl,
    limits,
    clock,
  };
  const { views, router, emit, charging, deleteTask } = parts;
  const interactions = {
    ...shared,
    resolveFiles,
    store,
    actingKey: createActingKey(store.keyOfTask),
    cancel: createCancelTask({ store, views, clock, router, emit, charging }),
    deleteTask,
    waitForNews: createWaitForNews(watch),
    followTask,
    linkTo,
    clock,
  };
  return faceScope({
    prefix: geminiRoot,
    form: geminiForm,
    faces: [
      generateFace({ ...shared, resolveFiles }),
      geminiFilesFace(files),
      geminiBatchesFace(batches),
      interactionsFace(interactions),
    ],
  });
}
