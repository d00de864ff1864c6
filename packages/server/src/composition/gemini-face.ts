// Builds the face for clients of Gemini.

import type { FaceParts } from './face-parts.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import { type Caller, isUsable, openCaller, ownerIdOf } from '../core/keys/keys.ts';
import { createSubjectLimits } from '../core/limits/subjects.ts';
import type { Face } from '../http/app.ts';
import { geminiFilesFace } from '../http/faces/gemini/files.ts';
import { geminiForm } from '../http/faces/gemini/gemini-form.ts';
import { geminiRoot } from '../http/faces/gemini/gemini-routes.ts';
import { generateFace, type GenerateParts } from '../http/faces/gemini/generate.ts';
import { createResolveFiles } from '../http/faces/gemini/resolve-files.ts';
import { faceScope } from '../http/faces/kit/face-scope.ts';

export function geminiFace(
  faceParts: FaceParts & {
    /** Makes a link to a path that works until then (Unix seconds). */
    linkTo: (path: string, expiresAt: number) => string;
  },
  shared: Omit<GenerateParts, 'resolveFiles'>,
): Face {
  const { config, parts, intake, serve, bodies, linkTo } = faceParts;
  const { store, pictureStore: pictures, clock, publicUrl } = parts;
  const resolveFiles = createResolveFiles({ store, linkTo, clock });
  const limits = {
    maxPictureBytes: config.max_picture_bytes,
    lifetimeSeconds: config.file_lifetime_seconds,
  };
  const { upload } = intake;
  const callerOf = createCallerOf(faceParts);
  const files = { serve, bodies, upload, store, pictures, callerOf, linkTo, publicUrl, limits, clock };
  return faceScope({
    prefix: geminiRoot,
    form: geminiForm,
    faces: [generateFace({ ...shared, resolveFiles }), geminiFilesFace(files)],
  });
}

/** Gives the caller of a key by its id, for uploads whose later requests come without the key. */
function createCallerOf({
  config,
  parts: { store, clock },
}: FaceParts): (keyId: string) => Promise<Caller | null> {
  const limits = createSubjectLimits(defaultLimits(config));
  return async (keyId) => {
    if (keyId === openCaller.keyId)
      return config.auth === 'open' ? { ...openCaller, limited: limits.of(openCaller, () => null) } : null;
    const key = await store.findKey(keyId);
    if (key === null || !isUsable(key, clock.now())) return null;
    const ownerId = ownerIdOf(key);
    const subjects = [
      { kind: 'key', id: keyId },
      { kind: 'owner', id: ownerId },
    ] as const;
    const standings = await store.standingsOf(subjects, clock.now());
    const stored = new Map(standings.map(({ id, limited }) => [id, limited]));
    const { role, scopes, models, networks, priorityMax } = key;
    const limited = limits.of({ keyId, ownerId }, (id) => stored.get(id));
    return { keyId, ownerId, role, scopes, models, networks, priorityMax, sharesTasks: false, limited };
  };
}
