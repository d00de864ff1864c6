// Batches of Gemini's clients: the requests of a call or of a file become one batch of tasks, accepted whole or refused whole.

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { FileStore } from '../../../../core/pictures/file-store.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { jsonType } from '../../../answer.ts';
import type { Face } from '../../../app.ts';
import type { BodyReader } from '../../../body/read-body.ts';
import { hangUpOnSilence } from '../../../pictures/slow-reader.ts';
import { invalid } from '../../../refusals/invalid.ts';
import type { Given } from '../../../route/members.ts';
import type { Call } from '../../../route/route.ts';
import type { Serve } from '../../../route/serve.ts';
import { type BatchFileParts, type OpenFile, openBatchFile } from '../../kit/batch-files.ts';
import { type ClientBatches, type KnownBatch, refuseUnsubmitted } from '../../kit/client-batches.ts';
import { sendJson } from '../../kit/send-json.ts';
import { tellWarnings } from '../../kit/warnings-header.ts';
import { requestsPurpose } from '../file-view.ts';
import type { ReadResponses } from '../files.ts';
import { pageSizeIn, pageTokenIn } from '../paging.ts';
import { maxInputsOf } from '../read-contents.ts';
import type { GeminiBatches } from './answers.ts';
import { geminiBatchRoutes } from './batch-routes.ts';
import { hasEnded, hasResponses, operationOf } from './operation.ts';
import { type BatchSaid, readBatch } from './read-batch.ts';
import { batchPlaces, readInline, readLines, type RequestLine, type RequestParts } from './read-requests.ts';
import { responsesFile, type ResultParts, sizeOfPictures, withResponses } from './results.ts';

export interface GeminiBatchesParts
  extends RequestParts, Omit<ResultParts, 'store' | 'pictures'>, Pick<BatchFileParts, 'pictures'> {
  serve: Serve;
  batches: ClientBatches<BatchSaid, RequestLine>;
  store: Pick<FileStore, 'findFile'> & ResultParts['store'];
  bodies: BodyReader;
  /** Retention of a batch's record from its end, in milliseconds. */
  recordMs: number;
  clock: Clock;
}

/** Time that Google gives a batch: https://ai.google.dev/gemini-api/docs/batch-api */
const batchSeconds = 48 * 3_600;
/**
 * Base64 that stands in a batch at most: programs in JavaScript can hold no text of more than half a gigabyte, and read it with `fetch`. Responses with
 * more of it are a file.
 */
const maxInlined = 2 ** 28;
const pageLimit = { usual: 50, most: 100 };

type CreateCall = Call<Caller, 'version' | 'model', undefined, never>;
type OfBatch = Call<Caller, 'version' | 'id', undefined, never>;
type ListCall = Call<Caller, 'version', Given, never>;
type Known = KnownBatch<BatchSaid>;

export function geminiBatchesFace(parts: GeminiBatchesParts): Face {
  const { serve, batches } = parts;
  return serve(geminiBatchRoutes, {
    geminiCreateBatch: (call) => createBatch(parts, call),
    geminiBatch: async (call) => sendBatch(parts, call.reply, await own(parts, call)),
    geminiBatches: (call) => listBatches(parts, call),
    async geminiCancelBatch(call) {
      const batch = await own(parts, call);
      refuseUnsubmitted(batch);
      if (!hasEnded(batch)) await batches.cancelAll(batch);
      return sendJson(call.reply, {});
    },
    async geminiDeleteBatch(call) {
      const batch = await own(parts, call);
      refuseUnsubmitted(batch);
      if (!hasEnded(batch)) await batches.cancelAll(batch);
      await batches.forget(batch);
      return sendJson(call.reply, {});
    },
  });
}

/** Gives the reader of files of responses, of which each is as a file of the key that made its batch. */
export function createReadResponses(parts: Pick<GeminiBatchesParts, 'batches'> & ResultParts): ReadResponses {
  return async (caller, batchId) => {
    const batch = await parts.batches.find(caller, batchId);
    if (batch === null || !hasResponses(batch))
      throw new RequestError('not_found', 'This key has no file of this name, or its batch has not ended.');
    return responsesFile(parts, { keyId: batch.keyId, lines: await parts.batches.lines(batch) });
  };
}

async function createBatch(parts: GeminiBatchesParts, call: CreateCall): Promise<FastifyReply> {
  const { batches, limits, clock, recordMs } = parts;
  const { caller, params, reply } = call;
  let opened: OpenFile | null | undefined;
  const read = async (fields: Parameters<typeof readBatch>[0]) => {
    // A name that nothing has is refused before the requests are read.
    maxInputsOf(params.model, limits);
    const { displayName, requests, warnings } = readBatch(fields);
    const deadlineSeconds = Math.min(batchSeconds, limits.maxDeadlineSeconds);
    const of = { caller, model: params.model, deadlineSeconds };
    const isInline = requests.kind === 'inline';
    if (requests.kind === 'file') opened = await openRequests(parts, caller, requests);
    const found =
      requests.kind === 'inline'
        ? await readInline(parts, requests, of)
        : await readLines(parts, opened!.bytes, of);
    const expiresAt = clock.now() + deadlineSeconds * 1000 + recordMs;
    const said: BatchSaid = { model: `models/${params.model}`, displayName, isInline };
    return { ...found, said, expiresAt, warnings: [...warnings, ...found.warnings] };
  };
  try {
    const { batchId, warnings } = await batches.submit(call, ({ fields }) => read(fields), batchPlaces);
    tellWarnings(reply, warnings);
    const batch = await batches.find(caller, batchId);
    if (batch === null) throw unknownBatch();
    return sendJson(reply, operationOf(batch, { isInline: batch.said.isInline }));
  } finally {
    opened?.release();
  }
}

/** Rejects with `RequestError` (`invalid_request`) where the key has no such file. */
async function openRequests(
  parts: GeminiBatchesParts,
  { keyId }: Caller,
  { path, fileId }: { path: string; fileId: string },
): Promise<OpenFile> {
  const file = await parts.store.findFile(fileId, parts.clock.now(), requestsPurpose);
  const opened = file?.keyId === keyId ? await openBatchFile(parts, file) : null;
  if (opened !== null) return opened;
  const message = 'is no file of requests of this key, or it has expired: upload it as application/jsonl';
  throw invalid([{ path, message }]);
}

async function listBatches(
  { batches }: GeminiBatchesParts,
  { caller, query, reply }: ListCall,
): Promise<FastifyReply> {
  const limit = pageSizeIn(query, pageLimit);
  const beforeId = pageTokenIn(query, /^[\da-f-]{36}$/);
  const page = { limit: limit + 1, ...(beforeId === undefined ? {} : { beforeId }) };
  const found = await batches.list(caller, page);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return sendJson(reply, {
    // Without responses: they are for who asks for the one batch.
    operations: shown.map((batch) => operationOf(batch, { isInline: batch.said.isInline })),
    ...(found.length > limit && last !== undefined ? { nextPageToken: last.id } : {}),
  } satisfies GeminiBatches);
}

async function sendBatch(
  parts: GeminiBatchesParts,
  reply: FastifyReply,
  batch: Known,
): Promise<FastifyReply> {
  const { keyId, said } = batch;
  if (!said.isInline || !hasResponses(batch))
    return sendJson(reply, operationOf(batch, { isInline: said.isInline }));
  const results = { keyId, lines: await parts.batches.lines(batch) };
  if ((await sizeOfPictures(parts, results)) > maxInlined) return sendJson(reply, operationOf(batch));
  const bytes = withResponses(parts, operationOf(batch, { isInline: true }), results);
  hangUpOnSilence(reply);
  return reply
    .header('Cache-Control', 'no-store')
    .type(jsonType)
    .send(Readable.from(bytes, { objectMode: false }));
}

/** Rejects with `RequestError` (`not_found`). */
async function own({ batches }: GeminiBatchesParts, { caller, params }: OfBatch): Promise<Known> {
  const batch = await batches.find(caller, params.id);
  if (batch === null) throw unknownBatch();
  return batch;
}

function unknownBatch(): RequestError {
  return new RequestError('not_found', 'This key has no batch of this name.');
}
