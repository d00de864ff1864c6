// Brings together the pictures of an answer, fetching those that came as links. This wire has no job to come back to: a
// link that is given up is a picture that was paid for, so it is tried again here, soon and a few times.

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../../core/errors.ts';
import type { Download } from '../download.ts';
import { missingPictures, mostPictureBytes, mostPictures } from '../linked-pictures.ts';
import type { ReadAnswer } from './answer.ts';

/** Before the second try of a link, and before the third. */
export const defaultLinkWaitsMs: readonly number[] = [500, 2000];

/**
 * The pictures in their order, and a sentence where some are missing. Throws `TaskError` (`upstream_unavailable`, maybe
 * billed) when none is left; when the signal aborts, rejects with its reason.
 */
export async function collectPictures(
  { pictures, usage }: ReadAnswer,
  { download, waitsMs, signal }: { download: Download; waitsMs: readonly number[]; signal: AbortSignal },
): Promise<{ pictures: Uint8Array[]; warnings: string[] }> {
  const whole: Uint8Array[] = [];
  let failed: TaskError | undefined;
  let size = 0;
  for (const each of pictures.slice(0, mostPictures)) {
    if (size > mostPictureBytes) break;
    const end = typeof each === 'string' ? await fetchLink(each, download, waitsMs, signal) : each;
    if (end instanceof TaskError) failed ??= end;
    else if (end !== null) {
      whole.push(end);
      size += end.length;
    }
  }
  if (whole.length === 0 && failed !== undefined) {
    const { failure } = failed;
    const message = `${failure.message.replace(/\.$/, '')}. The call may have been billed.`;
    const billed = { ...failure, message, maybeBilled: true, unknownOutcome: true };
    throw new TaskError(billed, { cause: failed, usage });
  }
  return { pictures: whole, warnings: missingPictures(pictures.length, whole.length) };
}

/** The bytes, or why the last try failed. */
async function fetchLink(
  link: string,
  download: Download,
  waitsMs: readonly number[],
  signal: AbortSignal,
): Promise<Uint8Array | TaskError> {
  for (let tries = 0; ; tries += 1)
    try {
      return await download(link, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TaskError)) throw error;
      const waitMs = waitsMs[tries];
      if (waitMs === undefined || !error.failure.retryable) return error;
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
}
