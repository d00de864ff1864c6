// Builds the face for clients of fal.

import { createCallerOfKey } from './caller-of-key.ts';
import type { FaceParts } from './face-parts.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import type { RenderPicture } from '../core/pictures/renditions.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import { createEventStreams } from '../http/connections/event-streams.ts';
import { faceScope } from '../http/faces/kit/face-scope.ts';
import type { RunTask } from '../http/faces/kit/run-task.ts';
import { falFace } from '../http/faces/fal/fal.ts';
import { falForm } from '../http/faces/fal/fal-form.ts';
import { falRoot } from '../http/faces/fal/fal-target.ts';
import { refuseTarget } from '../http/faces/fal/queue.ts';

export function buildFalFace(
  shared: FaceParts & { render: RenderPicture },
  made: { runTask: RunTask },
): Face {
  const { config, parts, intake, waits, followers, render } = shared;
  const { store, pictureStore, clock, links, emit, publicUrl, signer, views, router, charging } = parts;
  const face = falFace({
    ...shared,
    ...intake,
    ...made,
    store,
    links,
    render,
    clock,
    publicUrl,
    pictures: pictureStore,
    actingKey: createActingKey(store.keyOfTask),
    cancel: createCancelTask({ store, views, clock, router, emit, charging }),
    streams: createEventStreams({ waits, emit, queue: followers }),
    callerOf: createCallerOfKey(config, parts),
    linkTo: (path, expiresAt) => publicUrl() + signer.sign(path, expiresAt),
    limitsOfFiles: { maxBodyBytes: config.max_body_bytes, lifetimeSeconds: config.file_lifetime_seconds },
    signingKeys: signer,
  });
  return faceScope({
    prefix: falRoot,
    form: falForm,
    faces: [face],
    beforeUnknown: ({ url }) => refuseTarget(url),
  });
}
