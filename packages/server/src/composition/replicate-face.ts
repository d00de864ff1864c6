// Builds the face for clients of Replicate.

import type { FaceParts } from './face-parts.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import type { WaitForNews } from '../core/tasks/wait-for-news.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import { faceScope } from '../http/faces/kit/face-scope.ts';
import { replicateFace } from '../http/faces/replicate/replicate.ts';
import { replicateForm, replicateRoot } from '../http/faces/replicate/replicate-form.ts';

interface Made {
  waitForNews: WaitForNews;
  linkTo: (path: string, expiresAt: number) => string;
  uploadLimits: { maxBodyBytes: number; lifetimeSeconds: number };
}

export function buildReplicateFace(shared: FaceParts, made: Made): Face {
  const { parts, intake } = shared;
  const { store, clock, links, emit, publicUrl, views, router, charging } = parts;
  const face = replicateFace({
    ...shared,
    ...intake,
    ...made,
    store,
    links,
    clock,
    publicUrl,
    actingKey: createActingKey(store.keyOfTask),
    cancel: createCancelTask({ store, views, clock, router, emit, charging }),
  });
  return faceScope({ prefix: replicateRoot, form: replicateForm, faces: [face] });
}
