// Files of Gemini's face: pictures that a key uploads once, and uses as fileData.fileUri as often as it likes, and requests of batches. Results of
// a batch are a file too, which is made when it is read.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';
import type { Clock } from '../../../lib/clock.ts';
import { extensionOf } from '../../../lib/content-types.ts';
import type { Face } from '../../app.ts';
import type { Given } from '../../route/members.ts';
import type { Serve } from '../../route/serve.ts';
import { jsonLinesType, sendDownload } from '../kit/batch-files.ts';
import { sendJson } from '../kit/send-json.ts';
import type { GeminiFiles } from './answers.ts';
import { fileOf, findFile, requestsPurpose } from './file-view.ts';
import { geminiFileRoutes } from './file-routes.ts';
import { pageOf } from './paging.ts';
import { uploadCalls, type UploadParts } from './uploads.ts';

/** Gives the bytes of the file of a batch's results. Rejects with `RequestError` (`not_found`). */
export type ReadResponses = (caller: Caller, batchId: string) => Promise<AsyncIterable<Buffer>>;

export interface GeminiFilesParts extends UploadParts {
  serve: Serve;
  store: UploadParts['store'] & Pick<FileStore, 'listFiles'>;
  pictures: UploadParts['pictures'] & Pick<PictureStore, 'read' | 'size'>;
  readResponses: ReadResponses;
  clock: Clock;
}

/** As many as a list has. */
const maxListed = 1_000;

interface OfFile {
  caller: Caller;
  params: { id: string };
}

export function geminiFilesFace(parts: GeminiFilesParts): Face {
  const { serve, store, publicUrl } = parts;
  const download = (call: OfFile & { reply: FastifyReply }) => sendFile(parts, call);
  return serve(geminiFileRoutes, {
    ...uploadCalls(parts),
    geminiFiles: (call) => listFiles(parts, call),
    geminiFile: async (call) => sendJson(call.reply, fileOf(await own(parts, call), publicUrl())),
    geminiFileContent: download,
    geminiDownload: download,
    async geminiDeleteFile(call) {
      const { id, keyId } = await own(parts, call);
      await store.deleteFile(id, keyId);
      return sendJson(call.reply, {});
    },
  });
}

async function listFiles(
  { store, clock, publicUrl }: GeminiFilesParts,
  { caller: { keyId }, query, reply }: { caller: Caller; query: Given; reply: FastifyReply },
): Promise<FastifyReply> {
  const asked = { keyId, now: clock.now(), limit: maxListed };
  const found = await Promise.all([
    store.listFiles(asked),
    store.listFiles({ ...asked, purpose: requestsPurpose }),
  ]);
  // Ids grow with time.
  const files = found.flat().toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const { items, ...next } = pageOf(files.slice(0, maxListed), query);
  const shown = items.map((file) => fileOf(file, publicUrl()));
  return sendJson(reply, { files: shown, ...next } satisfies GeminiFiles);
}

/** Rejects with `RequestError` (`not_found`). */
async function own({ store, clock }: GeminiFilesParts, { caller, params }: OfFile): Promise<UploadedFile> {
  const file = await findFile(store, params.id, clock.now());
  if (file?.keyId !== caller.keyId) throw unknownFile();
  return file;
}

async function sendFile(
  parts: GeminiFilesParts,
  call: OfFile & { reply: FastifyReply },
): Promise<FastifyReply> {
  const { caller, params, reply } = call;
  const [, batchId] = /^batch-(.*)$/.exec(params.id) ?? [];
  if (batchId !== undefined) {
    const bytes = await parts.readResponses(caller, batchId);
    const described = { contentType: jsonLinesType, fileName: 'responses.jsonl' };
    return sendDownload(reply, Readable.from(bytes, { objectMode: false }), described);
  }
  const { key, content_type: contentType } = await own(parts, call);
  const length = await parts.pictures.size(key);
  if (length === null) throw unknownFile();
  const fileName = `file.${contentType === jsonLinesType ? 'jsonl' : (extensionOf(contentType) ?? 'bin')}`;
  return sendDownload(reply, parts.pictures.read(key), { contentType, fileName, length });
}

function unknownFile(): RequestError {
  return new RequestError('not_found', 'This key has no file of this name, or it has expired.');
}
