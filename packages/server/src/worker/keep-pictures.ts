// Checks what an upstream sent and stores it, before the task may say that it succeeded.

import { TaskError } from '../core/errors.ts';
import type { InspectPicture, PictureStore } from '../core/picture-store.ts';
import type { ImageDetails, StoredPicture } from '../core/task.ts';
import { extensionOf } from '../lib/content-types.ts';

/** Stores the pictures of one attempt. Throws `TaskError` (`no_image`) when there is none, or one of them is no picture. */
export async function keepPictures(
  { store, inspect }: { store: PictureStore; inspect: InspectPicture },
  { taskId, attempt, pictures }: { taskId: string; attempt: number; pictures: readonly Uint8Array[] },
): Promise<StoredPicture[]> {
  if (pictures.length === 0)
    throw new TaskError({
      type: 'no_image',
      message:
        'The upstream answered without a picture. Trying again may help; the answer may have been billed.',
      retryable: true,
      maybeBilled: true,
    });
  const kept: StoredPicture[] = [];
  for (const [index, bytes] of pictures.entries()) {
    const details = await inspectAnswer(inspect, bytes);
    const extension = extensionOf(details.content_type) ?? 'bin';
    // The attempt is part of the key: what a worker without its lease still writes can't replace what a task shows.
    const key = `results/${taskId.slice(-2)}/${taskId}-${attempt}-${index + 1}.${extension}`;
    await store.put(key, bytes);
    kept.push({ ...details, key, fileName: `output${index === 0 ? '' : `-${index + 1}`}.${extension}` });
  }
  return kept;
}

async function inspectAnswer(inspect: InspectPicture, bytes: Uint8Array): Promise<ImageDetails> {
  try {
    return await inspect(bytes);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    throw new TaskError(
      {
        type: 'no_image',
        message: `The upstream sent something that is not a usable picture. ${error.failure.message}`,
        retryable: true,
        maybeBilled: true,
      },
      { cause: error },
    );
  }
}
