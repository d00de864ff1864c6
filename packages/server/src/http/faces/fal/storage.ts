// fal's storage: a client asks where to upload a picture, and hands in the link to it, which it has beforehand.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { StoredBytes } from '../../../core/limits/stored-bytes.ts';
import type { Upload } from '../../../core/submit/upload.ts';
import type { Clock } from '../../../lib/clock.ts';
import { extensionOf } from '../../../lib/content-types.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { refuseWithout } from '../../access/access.ts';
import { hasNoBody } from '../../body/unread-body.ts';
import { untilGone } from '../../connections/client-gone.ts';
import type { Call } from '../../route/route.ts';
import { filePath } from '../../views/linked-pictures.ts';
import type { FalUpload } from './answers.ts';
import { uploadPath } from './fal-routes.ts';
import { type FalSigningKeys, publicKeys } from './webhook.ts';
import { sendJson } from '../kit/send-json.ts';

export interface StorageParts {
  bodies: BodyReader;
  upload: Upload;
  storedBytes: Pick<StoredBytes, 'check'>;
  /** Gives the caller that a key is, as far as uploads depend on it; `null` for a key that is revoked or has expired. */
  callerOf: (keyId: string) => Promise<Caller | null>;
  /** A link to `path` that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  limitsOfFiles: { maxBodyBytes: number; lifetimeSeconds: number };
  signingKeys: FalSigningKeys;
  clock: Clock;
}

/** Time for which a link to upload works, seconds. */
const uploadSeconds = 900;
const maxInitiateBytes = 65_536;

export function storageCalls(parts: StorageParts) {
  return {
    falUploadInitiate: (call: Call<Caller, never, unknown, never>) => initiate(parts, call),
    falUpload: (call: Call<undefined, 'key' | 'file' | 'name', unknown, never>) => take(parts, call),
    falKeys: ({ reply }: Pick<Call<undefined, never, unknown, never>, 'reply'>) =>
      sendJson(reply, publicKeys(parts.signingKeys)),
  };
}

async function initiate(
  { bodies, storedBytes, linkTo, limitsOfFiles, clock }: StorageParts,
  { caller, request, reply }: Call<Caller, never, unknown, never>,
): Promise<FastifyReply> {
  const { keyId } = caller;
  const type = hasNoBody(request.raw)
    ? undefined
    : await bodies.use(
        request.raw,
        { keyId, limit: maxInitiateBytes },
        async ({ fields }) => fields['content_type'],
      );
  await storedBytes.check(caller);
  const ending = typeof type === 'string' ? extensionOf(type.toLowerCase()) : undefined;
  const id = newTaskId(clock.now());
  const name = `input.${ending ?? 'bin'}`;
  const now = unixSeconds(clock.now());
  return sendJson(reply, {
    upload_url: linkTo(uploadPath(keyId, id, name), now + uploadSeconds),
    file_url: linkTo(filePath(id, name), now + limitsOfFiles.lifetimeSeconds),
  } satisfies FalUpload);
}

async function take(
  { bodies, upload, callerOf, limitsOfFiles }: StorageParts,
  {
    params: { key, file: id, name },
    request,
    reply,
    count,
  }: Call<undefined, 'key' | 'file' | 'name', unknown, never>,
): Promise<FastifyReply> {
  const caller = await callerOf(key);
  if (caller === null)
    throw new RequestError('forbidden', 'The API key that asked for this link was revoked, or has expired.');
  refuseWithout('files', caller);
  count(caller, 1);
  const gone = untilGone(reply);
  const { maxBodyBytes: limit, lifetimeSeconds } = limitsOfFiles;
  await bodies.use(
    request.raw,
    { keyId: key, limit, takesPictures: true, wanted: new Set() },
    async ({ files: [file, ...others] }) => {
      if (file === undefined || others.length > 0)
        throw new RequestError('invalid_request', 'The body must be one picture.');
      const source = { path: 'file', bytes: file.bytes };
      await upload({ caller, source, lifetimeSeconds, named: { id, fileName: name } }, gone);
    },
  );
  return sendJson(reply, {});
}
