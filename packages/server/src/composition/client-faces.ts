// Builds the faces for clients of other APIs.

import { openAiBatches } from './batch-faces.ts';
import { buildFalFace } from './fal-face.ts';
import type { FaceParts } from './face-parts.ts';
import { geminiFace } from './gemini-face.ts';
import { buildReplicateFace } from './replicate-face.ts';
import type { Config } from '../config/settings.ts';
import type { RenderPicture } from '../core/pictures/renditions.ts';
import { createWaitForNews } from '../core/tasks/wait-for-news.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import { chatFace } from '../http/faces/chat/chat.ts';
import { faceScope } from '../http/faces/kit/face-scope.ts';
import { openAiForm, openAiRoot } from '../http/faces/kit/openai-form.ts';
import { createLinkToFile } from '../http/faces/kit/file-links.ts';
import { createFollowTask, createRunTask } from '../http/faces/kit/run-task.ts';
import { openAiFace } from '../http/faces/openai/images.ts';
import { dialectFaces } from '../http/faces/v1/dialects.ts';
import { v1Face } from '../http/faces/v1/v1.ts';
import type { UploadLimits } from '../http/routes/pictures/uploads.ts';
import { startSystemTimer } from '../lib/timers.ts';

interface ClientFaceParts extends FaceParts {
  render: RenderPicture;
  /** Makes a link to a path that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
}

export function clientFaces(given: ClientFaceParts): Face[] {
  const { config, parts, intake, serve, authorize, bodies, reader, waits, watch, callerAddress } = given;
  const { render, linkTo, publicPath, tries } = given;
  const { store, pictureStore: pictures, clock, links, models, publicUrl } = parts;
  const submits = { serve, authorize, bodies, callerAddress, ...intake };
  const waitForNews = createWaitForNews(watch);
  const runTask = createRunTask({ ...submits, store, reader, waitForNews, waits, tries });
  const followTask = createFollowTask({ store, reader, waitForNews, waits });
  const linkToFile = createLinkToFile({ store, linkTo, clock });
  const shared = {
    serve,
    runTask,
    limits: intake.limits,
    models,
    links,
    render,
    pictures,
    startTimer: startSystemTimer,
  };
  const dialects = {
    ...submits,
    models,
    reader,
    actingKey: createActingKey(store.keyOfTask),
    tries,
    linkTo,
    uploadLimits: uploadLimits(config),
    pictureLifetimeSeconds: config.picture_lifetime_seconds,
    publicPath,
    clock,
  };
  return [
    v1Face(dialects),
    ...dialectFaces(dialects),
    faceScope({
      prefix: openAiRoot,
      form: openAiForm,
      faces: [
        openAiFace({ ...shared, linkToFile, clock, partialImages: parts.partialImages }),
        openAiBatches(given, linkToFile),
        chatFace({ ...shared, clock, publicUrl }),
      ],
    }),
    geminiFace(given, shared, { followTask, linkToFile }),
    buildFalFace(given, { runTask }),
    buildReplicateFace(given, { waitForNews, linkTo, uploadLimits: uploadLimits(config) }),
  ];
}

export function uploadLimits(config: Config): UploadLimits {
  return {
    maxBodyBytes: config.max_body_bytes,
    lifetimeSeconds: config.file_lifetime_seconds,
    maxLifetimeSeconds: config.max_picture_lifetime_seconds,
  };
}
