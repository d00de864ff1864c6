// Sends a stored picture, or a rendition of it: whole, a range, or the word that the reader has it already.

import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { PictureStore } from '../../core/pictures/picture-store.ts';
import type { RenderPicture } from '../../core/pictures/renditions.ts';
import type { StoredPicture } from '../../core/tasks/task.ts';
import { extensionOf } from '../../lib/content-types.ts';
import { parseRange } from './byte-range.ts';
import { matchesTag } from '../status/entity-tags.ts';
import { readRenditionOptions } from './rendition-query.ts';
import { hangUpOnSilence } from './slow-reader.ts';

/** A file of the picture store, and what its reader is told of it. */
interface FileToSend {
  key: string;
  contentType: string;
  fileName: string;
  etag: string;
  /** In bytes. */
  size: number;
  /** Set of a rendition whose original has a C2PA manifest. */
  lostManifest?: true;
}

/** Header of a rendition whose original has a C2PA manifest: `lost`, since it is signed over the original's bytes. */
export const manifestHeader = 'X-Plantain-C2PA-Manifest';

type Pictures = Pick<PictureStore, 'read' | 'size'>;

/**
 * The file that a query string asks for: the picture itself, or a rendition, which is made where there is none yet. Throws
 * `RequestError` for members that mean nothing, where too many are being made, and where the picture is no longer stored.
 */
export async function chooseFile(
  picture: StoredPicture,
  {
    query,
    owner,
    pictures,
    render,
  }: {
    query: Readonly<Record<string, unknown>>;
    /** The key that the picture belongs to. */
    owner: string | undefined;
    pictures: Pictures;
    render: RenderPicture;
  },
): Promise<FileToSend> {
  const { key, content_type: contentType, fileName, sha256 } = picture;
  const size = await pictures.size(key);
  if (size === null) throw gone();
  const own = { key, contentType, fileName, etag: `"${sha256}"`, size };
  const options = readRenditionOptions(query);
  const rendition = options && (await unlessGone(render(picture, options, owner), key, pictures));
  if (rendition === undefined || rendition.key === key) return own;
  const stem = fileName.replace(/\.[^.]*$/, '');
  return {
    key: rendition.key,
    contentType: rendition.contentType,
    fileName: `${stem}.${extensionOf(rendition.contentType) ?? 'bin'}`,
    etag: `"${sha256}-${rendition.key.slice(rendition.key.lastIndexOf('/') + 1)}"`,
    size: rendition.bytes,
    ...(picture.c2pa === true ? { lostManifest: true } : {}),
  };
}

/** Sends the file, and `cacheControl` with it. Throws `RequestError` (`not_found`) when it is gone by now: nothing is sent then. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, pictures, cacheControl }: { file: FileToSend; pictures: Pictures; cacheControl: string },
): Promise<FastifyReply> {
  const { key, etag, size } = file;
  const known = matchesTag(request.headers['if-none-match'] ?? '', etag);
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag ? parseRange(request.headers.range, size) : 'none';
  const bodyless = known || range === 'unsatisfiable' || request.method === 'HEAD';
  // Before any header is set: a refusal has others.
  const body = bodyless
    ? undefined
    : await unlessGone(
        opened(range === 'none' ? pictures.read(key) : pictures.read(key, range)),
        key,
        pictures,
      );
  reply
    .header('Cache-Control', cacheControl)
    .type(file.contentType)
    .header('ETag', etag)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Disposition', `inline; filename="${file.fileName}"`)
    // Bytes that are served come from outside in part; a browser shall take it for the picture it is or for nothing.
    .header('X-Content-Type-Options', 'nosniff')
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
    .header('Cross-Origin-Resource-Policy', 'cross-origin');
  if (file.lostManifest === true) reply.header(manifestHeader, 'lost');
  if (known) return reply.code(304).send();
  if (range === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${size}`).send();
  if (range === 'none') reply.header('Content-Length', size);
  else
    reply
      .code(206)
      .header('Content-Length', range.end - range.start + 1)
      .header('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  hangUpOnSilence(reply);
  return reply.send(body);
}

/** Resolves when the first bytes are there; rejects as the stream fails. */
async function opened(stream: Readable): Promise<Readable> {
  await once(stream, 'readable');
  return stream;
}

/** Does something with a picture that may be deleted meanwhile, by the sweep or to make room: that is no fault. */
async function unlessGone<T>(work: Promise<T>, key: string, pictures: Pictures): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((await pictures.size(key)) === null) throw gone(error);
    throw error;
  }
}

function gone(cause?: unknown): RequestError {
  return new RequestError('not_found', 'The picture was deleted.', { cause });
}
