// Makes what an operation ended with out of the answer that says so: its pictures, or why there are none.

import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import { PicturesNotFetchedError } from '../../core/upstreams/upstream.ts';
import type { OperationFailure, StartedOperation, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { isDataUri } from '../../lib/data-uri.ts';
import type { AskedAnswer } from '../api-calls.ts';
import type { Download } from './download.ts';
import { finishedPictures, maybeBilled } from './finished-pictures.ts';
import type { Beside } from './finished-pictures.ts';
import { fetchPictures } from './linked-pictures.ts';
import type { ResultPictures } from './result-links.ts';
import { toUnread, unreadFailure } from '../answers/unread-answer.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

export interface OperationResult {
  /** The upstream's name as people write it. */
  upstream: string;
  answer: AskedAnswer;
  pictures: ResultPictures;
  /** Everything that the answer says beside the pictures. */
  beside: Beside;
}

interface Fetching {
  download: Download;
  signal: AbortSignal;
}

/**
 * The pictures of an operation, or its failure, which is `noImage` where there is no sign of any. Throws `TaskError` (answered) when none
 * can be fetched, and `PicturesNotFetchedError` where a later poll may.
 */
export async function collectResult(
  result: OperationResult,
  { operation, noImage }: { operation: Operation; noImage: TaskFailure },
  fetching: Fetching,
): Promise<UpstreamResult | OperationFailure> {
  const { upstream, answer, pictures, beside } = result;
  const used = beside.usage === undefined ? {} : { usage: beside.usage };
  if (pictures.links.length === 0) {
    if (pictures.withheld > 0) return { failure: withheldFailure(upstream), ...used };
    if (!pictures.unknown) return { failure: noImage, ...used };
    return { failure: unreadFailure(upstream, 'no link to the picture'), answer: toUnread(answer), ...used };
  }
  try {
    return await fetchAll(result, fetching);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const failed = new TaskError(error.failure, { cause: error, answer: toUnread(answer), ...used });
    const kept = error.failure.retryable ? keepPictures(result) : undefined;
    if (kept === undefined) throw failed;
    const instead = { warnings: kept.warnings, operation: { ...operation, ...kept.operation } };
    throw new PicturesNotFetchedError(failed, instead);
  }
}

/** For a server that answers a submit with the pictures. Throws `TaskError` (answered, maybe billed) when none can be had. */
export async function collectAtOnce(
  result: OperationResult,
  fetching: Fetching,
): Promise<StartedOperation | UpstreamResult> {
  const kept = keepPictures(result);
  if (kept !== undefined) return kept;
  try {
    return await fetchAll(result, fetching);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const { answer, beside } = result;
    const more = { cause: error, usage: beside.usage, answer: toUnread(answer) };
    throw new TaskError(maybeBilled(error.failure), more);
  }
}

async function fetchAll(result: OperationResult, fetching: Fetching): Promise<UpstreamResult> {
  const { answer, pictures, beside } = result;
  const promised = pictures.promised - pictures.withheld;
  const fetched = await fetchPictures(pictures.links, { ...fetching, asked: answer.asked, promised });
  const warnings = [...beside.warnings, ...fetched.warnings, ...leftOut(result)];
  return { ...beside, pictures: fetched.pictures, warnings };
}

/** An operation of which nothing but its pictures is left; `undefined` where some stand inside the answer, which is too much to keep. */
function keepPictures(result: OperationResult): StartedOperation | undefined {
  const { upstream, answer, beside, pictures } = result;
  const links = pictures.links.filter((link) => typeof link === 'string').filter((link) => !isDataUri(link));
  if (links.length < pictures.links.length) return undefined;
  const promised = pictures.promised - pictures.withheld;
  const warnings = [...beside.warnings, ...leftOut(result)];
  const from = { upstream, asked: answer.asked, answer, promised };
  return finishedPictures(links, { ...beside, warnings }, from);
}

function leftOut({ upstream, pictures: { promised, withheld } }: OperationResult): string[] {
  if (withheld === 0) return [];
  const [were, them] = withheld === 1 ? ['was', 'it'] : ['were', 'them'];
  return [
    `Of ${promised} pictures, ${withheld} ${were} left out: the filter of ${upstream} found ${them} unsafe.`,
  ];
}

/** Such pictures are black or blurred. */
function withheldFailure(upstream: string): TaskFailure {
  const message = `The filter of ${upstream} found the picture unsafe and withheld it. Change the prompt or the pictures; the call may have been billed.`;
  return upstreamFailure('content_rejected', message, 'nsfw', { maybeBilled: true });
}
