// Pictures that a user uploads once and uses as inputs as often as they like: the link in the answer works wherever a link to a
// picture does.

import * as z from 'zod';
import type { FileData } from '@plantain/client';
import { type Fault, RequestError } from '../../../core/errors.ts';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import type { Upload, UploadSource } from '../../../core/submit/upload.ts';
import type { Clock } from '../../../lib/clock.ts';
import { secondsText, unixSeconds } from '../../../lib/time/unix-time.ts';
import type { Face } from '../../app.ts';
import type { Body } from '../../body/body-fields.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { members, readMembers } from '../../route/members.ts';
import { wholeNumber } from '../../route/number-members.ts';
import type { Serve } from '../../route/serve.ts';
import { filePath } from '../../views/linked-pictures.ts';
import { fileRoutes } from './file-routes.ts';

export interface UploadsParts {
  serve: Serve;
  bodies: BodyReader;
  upload: Upload;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'deleteFile'>;
  /** A link to `path` that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  limits: UploadLimits;
  clock: Clock;
}

export interface UploadLimits {
  maxBodyBytes: number;
  lifetimeSeconds: number;
  maxLifetimeSeconds: number;
}

/** Members of the body beside the picture. */
export const uploadMembers: ReadonlySet<string> = new Set(['url', 'expires_in_seconds']);
/** How many a list has. */
const maxListed = 1_000;

export function uploadsFace({ serve, bodies, upload, store, linkTo, limits, clock }: UploadsParts): Face {
  const shown = (file: UploadedFile) => fileData(file, linkTo);
  /** Rejects with `RequestError` (`not_found`), for another key's file as for one that never was. */
  async function own(call: { caller: { keyId: string }; params: { id: string } }): Promise<UploadedFile> {
    const file = await store.findFile(call.params.id, clock.now());
    if (file?.keyId !== call.caller.keyId)
      throw new RequestError('not_found', 'This key has no file with this id, or it has expired.');
    return file;
  }

  return serve(fileRoutes, {
    async uploadFile({ caller, request, reply }) {
      const gone = untilGone(reply);
      const file = await bodies.use(
        request.raw,
        { keyId: caller.keyId, limit: limits.maxBodyBytes, takesPictures: true, wanted: uploadMembers },
        (body) => upload({ caller, ...readUpload(body, limits) }, gone),
      );
      return shown(file);
    },
    async listFiles({ caller: { keyId } }) {
      const files = await store.listFiles({ keyId, now: clock.now(), limit: maxListed });
      return { files: files.map(shown) };
    },
    getFile: async (call) => shown(await own(call)),
    async deleteFile(call) {
      const { id, keyId } = await own(call);
      await store.deleteFile(id, keyId);
      return { file_id: id, deleted: true };
    },
  });
}

function fileData(file: UploadedFile, linkTo: UploadsParts['linkTo']): FileData {
  return {
    file_id: file.id,
    file: linkTo(filePath(file.id, file.fileName), unixSeconds(file.expiresAt)),
    file_name: file.fileName,
    content_type: file.content_type,
    width: file.width,
    height: file.height,
    bytes: file.bytes,
    sha256: file.sha256,
    create_time: secondsText(file.createdAt),
    expires_at: secondsText(file.expiresAt),
  };
}

const wrongUrl = 'must be an http or https link of at most 8192 characters';
const url = z.string(wrongUrl).refine((text) => /^https?:/i.test(text) && text.length <= 8_192, wrongUrl);

/** One picture: a file of multipart, the body itself, or a link in `url`. Throws `RequestError` with every fault. */
export function readUpload(
  { fields, files }: Body,
  { lifetimeSeconds, maxLifetimeSeconds: max }: UploadLimits,
): { source: UploadSource; lifetimeSeconds: number } {
  const lifetime = wholeNumber(`must be a whole number from 60 to ${max}`, { min: 60, max, read: Number });
  const [file] = files;
  const given = readMembers(
    members({ url, expires_in_seconds: lifetime }, { refusesUnknown: false, refusal: invalidUpload }),
    fields,
    (_read, faults, { url: link }) => {
      if (files.length + (link === undefined ? 0 : 1) !== 1)
        faults.unshift({ path: 'file', message: 'exactly one picture is taken: a file, or a link in url' });
    },
  );
  const source =
    file === undefined ? { path: 'url', url: given.url ?? '' } : { path: 'file', bytes: file.bytes };
  return { source, lifetimeSeconds: given.expires_in_seconds ?? lifetimeSeconds };
}

function invalidUpload(details: Fault[]): RequestError {
  const sentences = details.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new RequestError('invalid_request', `The request is not valid: ${sentences}.`, { details });
}
