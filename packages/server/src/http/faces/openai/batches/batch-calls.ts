// Batches of OpenAI's clients: an input file becomes one batch of tasks, accepted whole or refused whole.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { FileStore } from '../../../../core/pictures/file-store.ts';
import type { Clock } from '../../../../lib/clock.ts';
import type { BodyReader } from '../../../body/read-body.ts';
import { invalid } from '../../../refusals/invalid.ts';
import type { Call } from '../../../route/route.ts';
import type { SubmissionLimits } from '../../../submit/submission.ts';
import { type BatchFileParts, type OpenFile, openBatchFile } from '../../kit/batch-files.ts';
import { type ClientBatches, type KnownBatch, refuseUnsubmitted } from '../../kit/client-batches.ts';
import type { LinkToFile } from '../../kit/file-links.ts';
import { tellWarnings } from '../../kit/warnings-header.ts';
import type { OpenAiBatches } from '../answers.ts';
import { batchObject, hasEnded } from './batch-object.ts';
import { readBatchId, unknownBatch } from './ids.ts';
import { type BatchRequest, type BatchSaid, readBatchRequest } from './read-batch.ts';
import { faultsOfPictures, readLines, type RequestLine, UnreadableInput } from './read-lines.ts';
import { sendJson } from '../../kit/send-json.ts';

export interface BatchCallParts extends BatchFileParts {
  batches: ClientBatches<BatchSaid, RequestLine>;
  store: Pick<FileStore, 'findFile'>;
  bodies: BodyReader;
  limits: SubmissionLimits;
  linkToFile: LinkToFile;
  /** Retention of a batch's record from its end, in milliseconds. */
  recordMs: number;
  clock: Clock;
}

/** Purpose of input files in the store. */
export const batchPurpose = 'batch';

type CreateCall = Call<Caller, never, undefined, never>;
type OfBatch = Call<Caller, 'id', undefined, never>;
type ListCall = Call<Caller, never, Readonly<Record<string, unknown>>, never>;

export function batchCalls(parts: BatchCallParts) {
  const { batches } = parts;
  return {
    openAiCreateBatch: (call: CreateCall) => createBatch(parts, call),
    async openAiBatches({ caller, query, reply }: ListCall): Promise<FastifyReply> {
      const { limit, after } = readPage(query, { most: 100, usual: 20, read: readBatchId });
      const page = { limit: limit + 1, ...(after === undefined ? {} : { beforeId: after }) };
      const found = await batches.list(caller, page);
      const data = found.slice(0, limit).map(batchObject);
      return sendJson(reply, {
        ...pageOf(data),
        has_more: found.length > limit,
        data,
      } satisfies OpenAiBatches);
    },
    async openAiBatch(call: OfBatch): Promise<FastifyReply> {
      return sendJson(call.reply, batchObject(await own(batches, call)));
    },
    async openAiCancelBatch(call: OfBatch): Promise<FastifyReply> {
      const batch = await own(batches, call);
      if (batch.phase === 'failed' || (hasEnded(batch) && batch.phase !== 'cancelled'))
        throw new RequestError('invalid_request', `A batch that is ${batch.phase} can’t be cancelled.`);
      refuseUnsubmitted(batch);
      if (!hasEnded(batch)) await batches.cancelAll(batch);
      return sendJson(call.reply, batchObject(await own(batches, call)));
    },
  };
}

async function createBatch(parts: BatchCallParts, call: CreateCall): Promise<FastifyReply> {
  const { batches, limits, clock, recordMs } = parts;
  const { caller, reply } = call;
  let opened: OpenFile | null | undefined;
  let asked: BatchRequest | undefined;
  const expiresAt = ({ said }: BatchRequest) => clock.now() + said.deadlineSeconds * 1000 + recordMs;
  try {
    const { batchId, warnings } = await batches.submit(call, async ({ fields }) => {
      const request = readBatchRequest(fields, limits);
      const file = await parts.store.findFile(request.fileId, clock.now(), batchPurpose);
      if (file?.keyId !== caller.keyId) throw noInput();
      asked = request;
      opened = await openBatchFile(parts, file);
      if (opened === null) throw noInput();
      const { endpoint, said, expiresInSeconds } = request;
      const read = await readLines(parts, opened.bytes, {
        keyId: caller.keyId,
        endpoint,
        deadlineSeconds: said.deadlineSeconds,
      });
      const submissions =
        expiresInSeconds === undefined
          ? read.submissions
          : read.submissions.map((each) => ({ ...each, expiresInSeconds }));
      return {
        submissions,
        lines: read.lines,
        said,
        expiresAt: expiresAt(request),
        warnings: [...request.warnings, ...read.warnings],
      };
    });
    tellWarnings(reply, warnings);
    return sendJson(reply, batchObject(await known(batches, caller, batchId)));
  } catch (error) {
    const faults = error instanceof UnreadableInput ? error.faults : faultsOfPictures(error);
    if (faults === null || asked === undefined) throw error;
    const id = await batches.saveFailed(caller, { ...asked.said, errors: faults }, expiresAt(asked));
    return sendJson(reply, batchObject(await known(batches, caller, id)));
  } finally {
    opened?.release();
  }
}

const noInput = () =>
  invalid([{ path: 'input_file_id', message: 'is no file of this key, or it has expired' }]);

async function known(
  batches: BatchCallParts['batches'],
  caller: Caller,
  id: string,
): Promise<KnownBatch<BatchSaid>> {
  const batch = await batches.find(caller, id);
  if (batch === null) throw unknownBatch();
  return batch;
}

/** Rejects with `RequestError` (`not_found`). */
async function own(
  batches: BatchCallParts['batches'],
  { caller, params }: Pick<OfBatch, 'caller' | 'params'>,
): Promise<KnownBatch<BatchSaid>> {
  const id = readBatchId(params.id);
  if (id === null) throw unknownBatch();
  return await known(batches, caller, id);
}

/** Reads which page of a list is asked for. Throws `RequestError` (`invalid_request`). */
export function readPage(
  query: Readonly<Record<string, unknown>>,
  { most, usual, read }: { most: number; usual: number; read: (id: string) => string | null },
): { limit: number; after: string | undefined } {
  const { limit: asked = String(usual), after: last } = query;
  const limit = typeof asked === 'string' && /^\d{1,6}$/.test(asked) ? Number(asked) : 0;
  if (limit < 1 || limit > most)
    throw invalid([{ path: 'limit', message: `must be a whole number from 1 to ${most}` }]);
  if (last === undefined) return { limit, after: undefined };
  const after = typeof last === 'string' ? read(last) : null;
  if (after === null) throw invalid([{ path: 'after', message: 'must be the last id of the page before' }]);
  return { limit, after };
}

export function pageOf(data: readonly { id: string }[]) {
  return { object: 'list', first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null } as const;
}
