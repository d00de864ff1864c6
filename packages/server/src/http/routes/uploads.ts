// Pictures that a user uploads once and uses as inputs as often as they like: the link in the answer works wherever a link to a
// picture does.

import type { FastifyRequest } from 'fastify';
import { type Fault, RequestError } from '../../core/errors.ts';
import type { FileStore, UploadedFile } from '../../core/pictures/file-store.ts';
import type { Upload, UploadSource } from '../../core/submit/upload.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { untilGone } from '../connections/client-gone.ts';
import { filePath } from '../views/linked-pictures.ts';
import type { Body } from '../body/body-fields.ts';
import type { BodyReader } from '../body/read-body.ts';

export interface UploadsParts {
  authorize: Authorize;
  bodies: BodyReader;
  upload: Upload;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'deleteFile'>;
  /** A link to `path` that works until then (Unix seconds). */
  linkTo: (path: string, expiresAt: number) => string;
  limits: { maxBodyBytes: number; lifetimeSeconds: number; maxLifetimeSeconds: number };
  clock: Clock;
}

const path = '/api/files';
/** The members of an upload. */
const uploadMembers: ReadonlySet<string> = new Set(['url', 'expires_in_seconds']);
/** How many a list has. */
const maxListed = 1_000;

export function uploadsFace({ authorize, bodies, upload, store, linkTo, limits, clock }: UploadsParts): Face {
  const seconds = (at: number) => Math.floor(at / 1000);
  const shown = (file: UploadedFile) => ({
    file_id: file.id,
    file: linkTo(filePath(file.id, file.fileName), seconds(file.expiresAt)),
    file_name: file.fileName,
    content_type: file.content_type,
    width: file.width,
    height: file.height,
    bytes: file.bytes,
    sha256: file.sha256,
    create_time: String(seconds(file.createdAt)),
    expires_at: String(seconds(file.expiresAt)),
  });

  /** Rejects with `RequestError` (`not_found`), the same for another key's file and for one that never was. */
  async function own(request: FastifyRequest<{ Params: { id: string } }>): Promise<UploadedFile> {
    const { keyId } = await authorize(request.headers.authorization);
    const file = await store.findFile(request.params.id.toLowerCase(), clock.now());
    if (file?.keyId !== keyId)
      throw new RequestError('not_found', 'This key has no file with this id, or it has expired.');
    return file;
  }

  return (app, answers) => {
    app.post(path, async (request, reply) => {
      const { keyId } = await authorize(request.headers.authorization);
      const gone = untilGone(reply);
      const file = await bodies.use(
        request.raw,
        { keyId, limit: limits.maxBodyBytes, takesPictures: true, wanted: uploadMembers },
        (body) => upload({ keyId, ...readUpload(body, limits) }, gone),
      );
      return answers.success(request, reply, JSON.stringify(shown(file)));
    });
    app.get(path, async (request, reply) => {
      const { keyId } = await authorize(request.headers.authorization);
      const files = await store.listFiles({ keyId, now: clock.now(), limit: maxListed });
      return answers.success(request, reply, JSON.stringify({ files: files.map(shown) }));
    });
    app.get<{ Params: { id: string } }>(`${path}/:id`, async (request, reply) =>
      answers.success(request, reply, JSON.stringify(shown(await own(request)))),
    );
    app.delete<{ Params: { id: string } }>(`${path}/:id`, async (request, reply) => {
      const { id, keyId } = await own(request);
      await store.deleteFile(id, keyId);
      return answers.success(request, reply, JSON.stringify({ file_id: id, deleted: true }));
    });
  };
}

/** One picture: a file of multipart, the body itself, or a link in `url`. Throws `RequestError` with every fault. */
function readUpload(
  { fields, files }: Body,
  { lifetimeSeconds, maxLifetimeSeconds }: UploadsParts['limits'],
): { source: UploadSource; lifetimeSeconds: number } {
  const faults: Fault[] = [];
  const { url, expires_in_seconds: asked } = fields;
  const [file] = files;
  if (files.length + (url === undefined ? 0 : 1) !== 1)
    faults.push({ path: 'file', message: 'exactly one picture is taken: a file, or a link in url' });
  if (url !== undefined && (typeof url !== 'string' || !/^https?:/i.test(url) || url.length > 8_192))
    faults.push({ path: 'url', message: 'must be an http or https link of at most 8192 characters' });
  const wanted = asked === undefined ? lifetimeSeconds : Number(asked);
  if (!Number.isInteger(wanted) || wanted < 60 || wanted > maxLifetimeSeconds)
    faults.push({
      path: 'expires_in_seconds',
      message: `must be a whole number from 60 to ${maxLifetimeSeconds}`,
    });
  if (faults.length > 0) {
    const sentences = faults.map(({ path: place, message }) => `${place}: ${message}`).join('; ');
    throw new RequestError('invalid_request', `The request is not valid: ${sentences}.`, { details: faults });
  }
  const source =
    file === undefined ? { path: 'url', url: url as string } : { path: 'file', bytes: file.bytes };
  return { source, lifetimeSeconds: wanted };
}
