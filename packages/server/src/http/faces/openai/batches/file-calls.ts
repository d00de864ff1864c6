// Files of OpenAI's clients: inputs of batches, which are stored, and results of batches, which are made when they are read.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type Fault, RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { FileStore, UploadedFile } from '../../../../core/pictures/file-store.ts';
import type { PictureStore } from '../../../../core/pictures/picture-store.ts';
import type { UploadDocument } from '../../../../core/submit/upload-document.ts';
import { unixSeconds } from '../../../../lib/time/unix-time.ts';
import type { Body } from '../../../body/body-fields.ts';
import { hangUpOnSilence } from '../../../pictures/slow-reader.ts';
import { invalid } from '../../../refusals/invalid.ts';
import type { Call } from '../../../route/route.ts';
import { absent } from '../../../submit/member-names.ts';
import type { KnownBatch } from '../../kit/client-batches.ts';
import type { OpenAiDeleted, OpenAiFile, OpenAiFiles } from '../answers.ts';
import { type BatchCallParts, batchPurpose, pageOf, readPage } from './batch-calls.ts';
import { hasResults } from './batch-object.ts';
import { inputFileId, readFileId, resultFileId, type ResultKind, unknownFile } from './ids.ts';
import type { BatchSaid } from './read-batch.ts';
import { resultBytes, resultLength, type ResultParts } from './results.ts';
import { sendJson } from '../../kit/send-json.ts';

export interface FileCallParts
  extends Omit<BatchCallParts, 'store' | 'pictures'>, Omit<ResultParts, 'store' | 'pictures'> {
  uploadDocument: UploadDocument;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'deleteFile'> & ResultParts['store'];
  pictures: Pick<PictureStore, 'read' | 'size'>;
  limits: BatchCallParts['limits'] & { maxBodyBytes: number };
  /** Retention of a file that says nothing else, in seconds. */
  fileLifetimeSeconds: number;
}

type CreateCall = Call<Caller, never, undefined, never>;
type OfFile = Call<Caller, 'id', undefined, never>;
type ListCall = Call<Caller, never, Readonly<Record<string, unknown>>, never>;

type OwnFile = { kind: 'input'; file: UploadedFile } | { kind: ResultKind; batch: KnownBatch<BatchSaid> };

const jsonLines = 'application/jsonl';
/** Files of a key that are looked at for a list. */
const maxListed = 10_000;

export function fileCalls(parts: FileCallParts) {
  const { store, clock, bodies, limits, batches, uploadDocument } = parts;
  return {
    async openAiUploadFile({ caller, request, reply }: CreateCall): Promise<FastifyReply> {
      const { keyId } = caller;
      const file = await bodies.use(
        request.raw,
        { keyId, limit: limits.maxBodyBytes, pictures: { uris: [], base64: [] } },
        (body) => uploadDocument(caller, readUpload(body, parts)),
      );
      return sendJson(reply, inputFile(file));
    },
    async openAiFiles({ caller: { keyId }, query, reply }: ListCall): Promise<FastifyReply> {
      const { limit, after } = readPage(query, { most: maxListed, usual: maxListed, read: inputIdIn });
      const { purpose = batchPurpose, order = 'desc' } = query;
      if (order !== 'asc' && order !== 'desc')
        throw invalid([{ path: 'order', message: 'must be asc or desc' }]);
      const found =
        purpose === batchPurpose
          ? await store.listFiles({ keyId, now: clock.now(), limit: maxListed, purpose: batchPurpose })
          : [];
      const files = order === 'asc' ? found.toReversed() : found;
      // By the order of the ids, as the file itself may have been deleted.
      const rest = files.filter(
        ({ id }) => after === undefined || (order === 'asc' ? id > after : id < after),
      );
      const data = rest.slice(0, limit).map(inputFile);
      const hasMore = rest.length > limit;
      return sendJson(reply, { ...pageOf(data), has_more: hasMore, data } satisfies OpenAiFiles);
    },
    async openAiFile(call: OfFile): Promise<FastifyReply> {
      const own = await ownFile(parts, call);
      return sendJson(call.reply, own.kind === 'input' ? inputFile(own.file) : await resultFile(parts, own));
    },
    async openAiFileContent(call: OfFile): Promise<FastifyReply> {
      return sendContent(parts, call.reply, await ownFile(parts, call));
    },
    async openAiDeleteFile(call: OfFile): Promise<FastifyReply> {
      const own = await ownFile(parts, call);
      if (own.kind === 'input') await store.deleteFile(own.file.id, own.file.keyId);
      else {
        const { said } = own.batch;
        await batches.change(own.batch, { ...said, deleted: [...(said.deleted ?? []), own.kind] });
      }
      return sendJson(call.reply, {
        id: call.params.id,
        object: 'file',
        deleted: true,
      } satisfies OpenAiDeleted);
    },
  };
}

function inputIdIn(text: string): string | null {
  const id = readFileId(text);
  return id?.kind === 'input' ? id.id : null;
}

/** Rejects with `RequestError` (`not_found`). */
async function ownFile(
  { store, batches, clock }: FileCallParts,
  { caller, params }: OfFile,
): Promise<OwnFile> {
  const id = readFileId(params.id);
  if (id?.kind === 'input') {
    const file = await store.findFile(id.id, clock.now(), batchPurpose);
    if (file?.keyId === caller.keyId) return { kind: 'input', file };
  } else if (id !== null) {
    const batch = await batches.find(caller, id.batchId);
    if (batch !== null && hasResults(batch, id.kind)) return { kind: id.kind, batch };
  }
  throw unknownFile();
}

function readUpload(
  { fields, files }: Body,
  { limits: { maxPictureLifetimeSeconds: max }, fileLifetimeSeconds }: FileCallParts,
) {
  const faults: Fault[] = [];
  if (fields['purpose'] !== batchPurpose)
    faults.push({ path: 'purpose', message: 'must be batch: files of no other purpose are taken here' });
  const [file] = files;
  if (file === undefined || files.length > 1)
    faults.push({ path: 'file', message: 'must be one file of JSON Lines, in multipart/form-data' });
  const sent = fields['expires_after[seconds]'];
  const seconds = absent(sent) ? fileLifetimeSeconds : Number(sent);
  if (!Number.isInteger(seconds) || seconds < 60 || seconds > max)
    faults.push({ path: 'expires_after[seconds]', message: `must be a whole number from 60 to ${max}` });
  if (faults.length > 0 || file === undefined) throw invalid(faults);
  return {
    bytes: file.bytes,
    fileName: nameOf(file.fileName),
    contentType: jsonLines,
    purpose: batchPurpose,
    lifetimeSeconds: seconds,
  };
}

/** A name without folders, and not without end. */
function nameOf(sent = ''): string {
  const name = sent.toWellFormed().split(/[/\\]/).at(-1)?.trim().slice(0, 255) ?? '';
  return name === '' ? 'batch.jsonl' : name;
}

function inputFile({ id, bytes, createdAt, expiresAt, fileName }: UploadedFile): OpenAiFile {
  return {
    id: inputFileId(id),
    object: 'file',
    bytes,
    created_at: unixSeconds(createdAt),
    expires_at: unixSeconds(expiresAt),
    filename: fileName,
    purpose: 'batch',
    status: 'processed',
  };
}

type ResultFile = Exclude<OwnFile, { kind: 'input' }>;

async function resultFile(parts: FileCallParts, { kind, batch }: ResultFile): Promise<OpenAiFile> {
  const { id, keyId, counts, createdAt } = batch;
  const lines = await parts.batches.lines(batch);
  return {
    id: resultFileId(id, kind),
    object: 'file',
    bytes: await resultLength(parts, { keyId, lines, kind }),
    created_at: unixSeconds(counts.finishedAt ?? createdAt),
    filename: `batch_${id}_${kind}.jsonl`,
    purpose: 'batch_output',
    status: 'processed',
  };
}

async function sendContent(parts: FileCallParts, reply: FastifyReply, own: OwnFile): Promise<FastifyReply> {
  let content: Readable;
  if (own.kind === 'input') {
    const { key } = own.file;
    const size = await parts.pictures.size(key);
    if (size === null) throw new RequestError('not_found', 'The file was deleted.');
    reply.header('Content-Length', size);
    content = parts.pictures.read(key);
  } else {
    const { keyId } = own.batch;
    const lines = await parts.batches.lines(own.batch);
    const bytes = resultBytes(parts, { keyId, lines, kind: own.kind });
    content = Readable.from(bytes, { objectMode: false });
  }
  hangUpOnSilence(reply);
  return reply
    .header('Cache-Control', 'no-store')
    .header('Content-Disposition', 'attachment; filename="batch.jsonl"')
    .header('X-Content-Type-Options', 'nosniff')
    .type(jsonLines)
    .send(content);
}
