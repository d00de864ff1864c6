// Files of Replicate: pictures that are uploaded once, and used as inputs by their link.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import type { Upload } from '../../../core/submit/upload.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Call } from '../../route/route.ts';
import { filePath } from '../../views/linked-pictures.ts';
import type { ReplicateFile, ReplicateFiles } from './answers.ts';
import { sendJson } from '../kit/send-json.ts';

export interface FileParts {
  bodies: BodyReader;
  upload: Upload;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'deleteFile'>;
  /** Makes a link to a path that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  uploadLimits: { maxBodyBytes: number; lifetimeSeconds: number };
  clock: Clock;
}

type KeyCall<Params extends string = never> = Call<Caller, Params, undefined, never>;

/** How many a list has. */
const maxListed = 100;

export function fileCalls(parts: FileParts) {
  return {
    replicateUpload: (call: KeyCall) => upload(parts, call),
    async replicateFiles({ caller: { keyId }, reply }: KeyCall): Promise<FastifyReply> {
      const files = await parts.store.listFiles({ keyId, now: parts.clock.now(), limit: maxListed });
      const results = files.map((file) => fileOf(parts, file));
      return sendJson(reply, { previous: null, next: null, results } satisfies ReplicateFiles);
    },
    replicateFile: async (call: KeyCall<'id'>) => sendJson(call.reply, fileOf(parts, await own(parts, call))),
    async replicateDelete(call: KeyCall<'id'>): Promise<FastifyReply> {
      const { id, keyId } = await own(parts, call);
      await parts.store.deleteFile(id, keyId);
      return call.reply.code(204).send();
    },
  };
}

async function own(
  { store, clock }: FileParts,
  { caller, params }: Pick<KeyCall<'id'>, 'caller' | 'params'>,
): Promise<UploadedFile> {
  const file = await store.findFile(params.id, clock.now());
  if (file?.keyId !== caller.keyId)
    throw new RequestError('not_found', 'This key has no file with this id, or it has expired.');
  return file;
}

async function upload(parts: FileParts, { caller, request, reply }: KeyCall): Promise<FastifyReply> {
  const { maxBodyBytes: limit, lifetimeSeconds } = parts.uploadLimits;
  const gone = untilGone(reply);
  const file = await parts.bodies.use(
    request.raw,
    { keyId: caller.keyId, limit, takesPictures: true, wanted: new Set() },
    async ({ files }) => {
      // The library sends `metadata` as a file, too.
      const [picture, ...others] = files.filter(({ name }) => name !== 'metadata');
      if (picture === undefined || others.length > 0)
        throw invalid([{ path: 'content', message: 'must be one picture, in multipart/form-data' }]);
      return await parts.upload(
        { caller, source: { path: 'content', bytes: picture.bytes }, lifetimeSeconds },
        gone,
      );
    },
  );
  return sendJson(reply.code(201), fileOf(parts, file));
}

function fileOf({ linkTo }: FileParts, file: UploadedFile): ReplicateFile {
  return {
    id: file.id,
    name: file.fileName,
    content_type: file.content_type,
    size: file.bytes,
    etag: file.sha256,
    checksums: { sha256: file.sha256 },
    metadata: {},
    created_at: new Date(file.createdAt).toISOString(),
    expires_at: new Date(file.expiresAt).toISOString(),
    urls: { get: linkTo(filePath(file.id, file.fileName), unixSeconds(file.expiresAt)) },
  };
}
