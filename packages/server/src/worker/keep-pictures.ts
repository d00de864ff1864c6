// Checks what an upstream sent and stores it, before the task may say that it succeeded.

import { TaskError } from '../core/errors.ts';
import type { InspectPicture, LabelPicture, PictureLabel, PictureStore } from '../core/picture-store.ts';
import type { ImageDetails, StoredPicture } from '../core/task.ts';
import { extensionOf } from '../lib/content-types.ts';

export interface KeepDependencies {
  store: PictureStore;
  inspect: InspectPicture;
  /** Absent where pictures are kept as they came. */
  label?: LabelPicture;
}

/**
 * Stores the pictures of one attempt; those that are damaged or no pictures are left out, with a warning.
 * Throws `TaskError` (`no_image`) when none is left, and whatever the store throws.
 */
export async function keepPictures(
  { store, inspect, label }: KeepDependencies,
  {
    taskId,
    attempt,
    leaseToken,
    prompt,
    model,
    pictures,
  }: PictureLabel & { attempt: number; leaseToken: string; pictures: readonly Uint8Array[] },
): Promise<{ pictures: StoredPicture[]; warnings: string[] }> {
  const kept: StoredPicture[] = [];
  for (const sent of pictures) {
    const bytes = label === undefined ? sent : await label(sent, { prompt, model, taskId });
    const details = await inspectOrNull(inspect, bytes);
    if (details === null) continue;
    const place = kept.length + 1;
    const extension = extensionOf(details.content_type) ?? 'bin';
    // The lease is part of the key: what a worker without it still writes can't replace what a task shows.
    const key = `results/${taskId.slice(-2)}/${taskId}-${attempt}-${leaseToken.slice(0, 8)}-${place}.${extension}`;
    await store.put(key, bytes);
    kept.push({ ...details, key, fileName: `output${place === 1 ? '' : `-${place}`}.${extension}` });
  }
  const unusable = pictures.length - kept.length;
  if (kept.length === 0) throw new TaskError(nothingUsable(unusable));
  const warning = `The upstream sent ${unusable} more that could not be used: damaged, or no picture.`;
  return { pictures: kept, warnings: unusable === 0 ? [] : [warning] };
}

async function inspectOrNull(inspect: InspectPicture, bytes: Uint8Array): Promise<ImageDetails | null> {
  try {
    return await inspect(bytes);
  } catch (error) {
    if (error instanceof TaskError) return null;
    throw error;
  }
}

function nothingUsable(unusable: number): TaskError['failure'] {
  const sent = unusable === 0 ? 'no picture' : 'nothing that could be used as a picture';
  return {
    type: 'no_image',
    message: `The upstream answered with ${sent}. Trying again may help; the answer may have been billed.`,
    retryable: true,
    maybeBilled: true,
  };
}
