// Checks what an upstream sent and stores it, before the task may say that it succeeded.

import { resultsFolder } from '../core/pictures/picture-folders.ts';
import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { Blank, InspectResult, LabelPicture, PictureLabel } from '../core/pictures/picture-bytes.ts';
import type { StoredPicture } from '../core/tasks/task.ts';
import { extensionOf } from '../lib/content-types.ts';

export interface StoreDependencies {
  store: PictureStore;
  inspect: InspectResult;
  /** Absent where pictures are kept as they came. */
  label?: LabelPicture;
}

/**
 * Stores the pictures of one attempt, and says of each whether it is blank; those that are damaged or no pictures are left out, with a warning that says what came.
 * Throws `TaskError` (`no_image`, `answered` where something came) when none is left, and whatever the store throws.
 */
export async function storePictures(
  { store, inspect, label }: StoreDependencies,
  {
    taskId,
    owner,
    attempt,
    leaseToken,
    prompt,
    model,
    pictures,
    indices,
  }: PictureLabel & {
    owner?: string;
    attempt: number;
    leaseToken: string;
    pictures: readonly Uint8Array[];
    /** Numbers of the pictures within their task; those that come beyond them are left out. Default: all, counted from 1. */
    indices?: readonly number[] | undefined;
  },
): Promise<{ pictures: StoredPicture[]; blanks: (Blank | undefined)[]; warnings: string[] }> {
  const stored: StoredPicture[] = [];
  const blanks: (Blank | undefined)[] = [];
  const warnings: string[] = [];
  const unusable: { failure: TaskFailure; bytes: Uint8Array }[] = [];
  for (const [place, sent] of pictures.entries()) {
    if (stored.length === indices?.length) {
      warnings.push(`The upstream sent ${pictures.length - place} more than it was asked for.`);
      break;
    }
    const bytes = label === undefined ? sent : await label(sent, { prompt, model, taskId });
    const found = await inspectOr(
      (each) => inspect(each, owner),
      bytes,
      (failure) => unusable.push({ failure, bytes }),
    );
    if (found === null) continue;
    const { details, blank, c2pa } = found;
    const index = indices?.[stored.length] ?? stored.length + 1;
    const extension = extensionOf(details.content_type) ?? 'bin';
    // The lease is part of the key: what a worker without it still writes can't replace what a task shows.
    const key = `${resultsFolder}/${taskId.slice(-2)}/${taskId}-${attempt}-${leaseToken.slice(0, 8)}-${index}.${extension}`;
    await store.put(key, bytes);
    blanks.push(blank);
    const fileName = `output${index === 1 ? '' : `-${index}`}.${extension}`;
    stored.push({ ...details, key, fileName, attempt, ...(c2pa ? { c2pa } : {}) });
  }
  const [first] = unusable;
  if (stored.length === 0) throw first === undefined ? noPicture() : unusableAnswer(first, unusable.length);
  const came = [...new Set(unusable.map(({ failure }) => whatCame(failure)))].slice(0, 3).join(', ');
  if (unusable.length > 0)
    warnings.push(`The upstream sent ${unusable.length} more that could not be used: ${came}.`);
  if (indices === undefined && stored.length > 1)
    warnings.push(`1 picture was asked for, and the upstream made ${stored.length}.`);
  return { pictures: stored, blanks, warnings };
}

async function inspectOr(
  inspect: InspectResult,
  bytes: Uint8Array,
  refused: (failure: TaskFailure) => void,
): Promise<Awaited<ReturnType<InspectResult>> | null> {
  try {
    return await inspect(bytes);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    refused(error.failure);
    return null;
  }
}

const whatCame = (failure: TaskFailure) => failure.whatCame ?? 'a picture beyond what this server can hold';

function noPicture(): TaskError {
  return new TaskError({
    type: 'no_image',
    message: 'The upstream answered with no picture. Trying again may help; the answer may have been billed.',
    retryable: true,
    maybeBilled: true,
  });
}

/** Another try, if the operator allows one: most likely the same would come again, and be paid for again. */
function unusableAnswer(
  { failure, bytes }: { failure: TaskFailure; bytes: Uint8Array },
  count: number,
): TaskError {
  const came = count === 1 ? whatCame(failure) : `${whatCame(failure)}, first of ${count}`;
  return new TaskError(
    {
      type: 'no_image',
      message: `The upstream answered with nothing that could be used as a picture: ${came}. It may have been billed, so it is not asked again by itself; the operator can look at what came, unless this server keeps no such answers.`,
      retryable: failure.tooLarge !== true,
      upstreamReason: whatCame(failure),
      maybeBilled: true,
      answered: true,
    },
    { answer: { status: null, headers: {}, bytes } },
  );
}
