// Files of OpenAI's clients: pictures and inputs of batches, which are stored, and results of batches, which are made when they are read.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type Fault, RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { FileStore, UploadedFile } from '../../../../core/pictures/file-store.ts';
import type { Upload } from '../../../../core/submit/upload.ts';
import type { UploadDocument } from '../../../../core/submit/upload-document.ts';
import { unixSeconds } from '../../../../lib/time/unix-time.ts';
import type { Body } from '../../../body/body-fields.ts';
import { untilGone } from '../../../connections/client-gone.ts';
import { invalid } from '../../../refusals/invalid.ts';
import type { Call } from '../../../route/route.ts';
import { absent } from '../../../submit/member-names.ts';
import { jsonLinesType, sendDownload } from '../../kit/batch-files.ts';
import type { KnownBatch } from '../../kit/client-batches.ts';
import type { OpenAiDeleted, OpenAiFile, OpenAiFiles } from '../answers.ts';
import { type BatchCallParts, batchPurpose, pageOf, readPage } from './batch-calls.ts';
import { hasResults } from './batch-object.ts';
import { inputFileId, readFileId, resultFileId, type ResultKind, unknownFile } from './ids.ts';
import type { BatchSaid } from './read-batch.ts';
import { resultBytes, resultLength, type ResultParts } from './results.ts';
import { sendJson } from '../../kit/send-json.ts';

export interface FileCallParts
  extends Omit<BatchCallParts, 'store'>, Omit<ResultParts, 'store' | 'pictures'> {
  upload: Upload;
  uploadDocument: UploadDocument;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'deleteFile'> & ResultParts['store'];
  limits: BatchCallParts['limits'] & { maxBodyBytes: number };
  /** Retention of a file that says nothing else, in seconds. */
  fileLifetimeSeconds: number;
}

type CreateCall = Call<Caller, never, undefined, never>;
type OfFile = Call<Caller, 'id', undefined, never>;
type ListCall = Call<Caller, never, Readonly<Record<string, unknown>>, never>;

type Purpose = 'batch' | 'vision';
type OwnFile =
  | { kind: 'input'; file: UploadedFile; purpose: Purpose }
  | { kind: ResultKind; batch: KnownBatch<BatchSaid> };

/** Files of a key that are looked at for a list. */
const maxListed = 10_000;

export function fileCalls(parts: FileCallParts) {
  const { store, batches } = parts;
  return {
    openAiUploadFile: (call: CreateCall) => uploadFile(parts, call),
    openAiFiles: (call: ListCall) => listFiles(parts, call),
    async openAiFile(call: OfFile): Promise<FastifyReply> {
      const own = await ownFile(parts, call);
      return sendJson(call.reply, own.kind === 'input' ? inputFile(own) : await resultFile(parts, own));
    },
    async openAiFileContent(call: OfFile): Promise<FastifyReply> {
      return sendContent(parts, call.reply, await ownFile(parts, call));
    },
    async openAiDeleteFile(call: OfFile): Promise<FastifyReply> {
      const own = await ownFile(parts, call);
      if (own.kind === 'input') await store.deleteFile(own.file.id, own.file.keyId);
      else {
        const { kind, batch } = own;
        await batches.change(batch, (said) => ({ ...said, deleted: [...(said.deleted ?? []), kind] }));
      }
      return sendJson(call.reply, {
        id: call.params.id,
        object: 'file',
        deleted: true,
      } satisfies OpenAiDeleted);
    },
  };
}

async function uploadFile(parts: FileCallParts, { caller, request, reply }: CreateCall) {
  const { bodies, limits, upload, uploadDocument } = parts;
  const { keyId } = caller;
  const options = { keyId, limit: limits.maxBodyBytes, pictures: { uris: [], base64: [] } };
  const file = await bodies.use(request.raw, options, async (body) => {
    const { purpose, bytes, fileName, lifetimeSeconds } = readUpload(body, parts);
    if (purpose === 'batch') {
      const document = {
        bytes,
        fileName,
        contentType: jsonLinesType,
        purpose: batchPurpose,
        lifetimeSeconds,
      };
      return inputFile({ file: await uploadDocument(caller, document), purpose });
    }
    const source = { path: 'file', bytes };
    return inputFile({ file: await upload({ caller, source, lifetimeSeconds }, untilGone(reply)), purpose });
  });
  return sendJson(reply, file);
}

async function listFiles(
  { store, clock }: FileCallParts,
  { caller: { keyId }, query, reply }: ListCall,
): Promise<FastifyReply> {
  const { limit, after } = readPage(query, { most: maxListed, usual: maxListed, read: inputIdIn });
  const { purpose: asked, order = 'desc' } = query;
  if (order !== 'asc' && order !== 'desc') throw invalid([{ path: 'order', message: 'must be asc or desc' }]);
  const purposes = asked === undefined ? (['batch', 'vision'] as const) : purposesOf(asked);
  const of = { keyId, now: clock.now(), limit: maxListed };
  const found = await Promise.all(
    purposes.map(async (purpose) => {
      const files = await store.listFiles(purpose === 'batch' ? { ...of, purpose: batchPurpose } : of);
      return files.map((file) => ({ file, purpose }));
    }),
  );
  // By the order of the ids, which grow with time, as the file after which the page begins may have been deleted.
  const sign = order === 'asc' ? 1 : -1;
  const rest = found
    .flat()
    .filter(({ file: { id } }) => after === undefined || (order === 'asc' ? id > after : id < after))
    .toSorted((one, other) => (one.file.id < other.file.id ? -sign : sign));
  const data = rest.slice(0, limit).map(inputFile);
  const hasMore = rest.length > limit;
  return sendJson(reply, { ...pageOf(data), has_more: hasMore, data } satisfies OpenAiFiles);
}

/** Purposes of pictures, as OpenAI has them; all are `vision` here. */
const picturePurposes: ReadonlySet<unknown> = new Set(['vision', 'user_data']);

function purposesOf(asked: unknown): Purpose[] {
  if (asked === batchPurpose) return ['batch'];
  return picturePurposes.has(asked) ? ['vision'] : [];
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
    for (const purpose of ['batch', 'vision'] as const) {
      const file = await store.findFile(id.id, clock.now(), purpose === 'batch' ? batchPurpose : undefined);
      if (file?.keyId === caller.keyId) return { kind: 'input', file, purpose };
    }
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
  const [purpose] = purposesOf(fields['purpose']);
  if (purpose === undefined)
    faults.push({ path: 'purpose', message: 'must be batch, or vision or user_data for a picture' });
  const [file] = files;
  if (file === undefined || files.length > 1)
    faults.push({ path: 'file', message: 'must be one file, in multipart/form-data' });
  const sent = fields['expires_after[seconds]'];
  const lifetimeSeconds = absent(sent) ? fileLifetimeSeconds : Number(sent);
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 60 || lifetimeSeconds > max)
    faults.push({ path: 'expires_after[seconds]', message: `must be a whole number from 60 to ${max}` });
  if (faults.length > 0 || file === undefined || purpose === undefined) throw invalid(faults);
  return { purpose, bytes: file.bytes, fileName: nameOf(file.fileName), lifetimeSeconds };
}

/** A name without folders, and not without end. */
function nameOf(sent = ''): string {
  const name = sent.toWellFormed().split(/[/\\]/).at(-1)?.trim().slice(0, 255) ?? '';
  return name === '' ? 'batch.jsonl' : name;
}

function inputFile({
  file,
  purpose,
}: Pick<Extract<OwnFile, { kind: 'input' }>, 'file' | 'purpose'>): OpenAiFile {
  const { id, bytes, createdAt, expiresAt, fileName } = file;
  return {
    id: inputFileId(id),
    object: 'file',
    bytes,
    created_at: unixSeconds(createdAt),
    expires_at: unixSeconds(expiresAt),
    filename: fileName,
    purpose,
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
  const described = { contentType: jsonLinesType, fileName: 'batch.jsonl' };
  if (own.kind === 'input') {
    const { key, content_type: contentType, fileName } = own.file;
    const length = await parts.pictures.size(key);
    if (length === null) throw new RequestError('not_found', 'The file was deleted.');
    const whole = own.purpose === 'vision' ? { contentType, fileName } : described;
    return sendDownload(reply, parts.pictures.read(key), { ...whole, length });
  }
  const { keyId } = own.batch;
  const lines = await parts.batches.lines(own.batch);
  const bytes = resultBytes(parts, { keyId, lines, kind: own.kind });
  return sendDownload(reply, Readable.from(bytes, { objectMode: false }), described);
}
