// Sends a stored picture, or a rendition of it: whole, a range, or the word that the reader has it already.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PictureStore } from '../core/picture-store.ts';
import type { RenderPicture } from '../core/renditions.ts';
import type { StoredPicture } from '../core/task.ts';
import { extensionOf } from '../lib/content-types.ts';
import { parseRange } from './byte-range.ts';
import { readRenditionOptions } from './rendition-query.ts';

/** A file of the picture store, and what its reader is told of it. */
interface FileToSend {
  key: string;
  contentType: string;
  fileName: string;
  etag: string;
  /** In bytes. */
  size: number;
}

/**
 * The file that a query string asks for: the picture itself, of which the store has `size` bytes, or a rendition, which is
 * made where there is none yet. Throws `RequestError` for members that mean nothing, and where too many are being made.
 */
export async function chooseFile(
  picture: StoredPicture,
  { query, size, render }: { query: Readonly<Record<string, unknown>>; size: number; render: RenderPicture },
): Promise<FileToSend> {
  const { key, content_type: contentType, fileName, sha256 } = picture;
  const own = { key, contentType, fileName, etag: `"${sha256}"`, size };
  const options = readRenditionOptions(query);
  const rendition = options && (await render(picture, options));
  if (rendition === undefined || rendition.key === key) return own;
  const stem = fileName.replace(/\.[^.]*$/, '');
  return {
    key: rendition.key,
    contentType: rendition.contentType,
    fileName: `${stem}.${extensionOf(rendition.contentType) ?? 'bin'}`,
    etag: `"${sha256}-${rendition.key.slice(rendition.key.lastIndexOf('/') + 1)}"`,
    size: rendition.bytes,
  };
}

export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, pictures }: { file: FileToSend; pictures: Pick<PictureStore, 'read'> },
) {
  const { key, etag, size } = file;
  reply
    .type(file.contentType)
    .header('ETag', etag)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Disposition', `inline; filename="${file.fileName}"`)
    // What is served comes from outside in part; a browser shall take it for the picture it is or for nothing.
    .header('X-Content-Type-Options', 'nosniff')
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
    .header('Cross-Origin-Resource-Policy', 'cross-origin');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag ? parseRange(request.headers.range, size) : 'none';
  if (range === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${size}`).send();
  if (range === 'none') reply.header('Content-Length', size);
  else
    reply
      .code(206)
      .header('Content-Length', range.end - range.start + 1)
      .header('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(range === 'none' ? pictures.read(key) : pictures.read(key, range));
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (
    ifNoneMatch !== undefined &&
    ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  );
}
