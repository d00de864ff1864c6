// Partial images as events of a stream that waits for its task: image_generation.partial_image and image_edit.partial_image, with the members of
// npm openai 7.59.0, resources/images.d.ts.

import type { FollowedPartialImage, PartialImages } from '../../../core/partial-images/partial-images.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { EventAnswer } from '../kit/event-answer.ts';
import { PictureText } from '../kit/picture-json.ts';

/** Bytes of partial images that all streams may hold for clients that read slowly. */
export const maxHeldBytes = 128 * 2 ** 20;

/** Room for bytes that many share. */
export interface Room {
  /** Takes so many bytes of it, or none where they don't fit; tells which. */
  take(bytes: number): boolean;
  /** Gives back bytes that were taken. */
  free(bytes: number): void;
}

export function createRoom(maxBytes: number): Room {
  let left = maxBytes;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    free: (bytes) => void (left += bytes),
  };
}

/** Task of a stream, as far as its partial images tell of it. */
export interface StreamedTask {
  taskId: string;
  name: 'image_generation' | 'image_edit';
  /** Number of its pictures. */
  count: number;
  quality: string;
  background: string;
}

/**
 * Sends partial images from now on, while the client reads as fast as they come: of several that wait, the last. After a later attempt has
 * brought one, those of an earlier attempt are not sent, unless the task is for several pictures, which go on beside each other. One for which there
 * is no room is dropped. Returns the function that ends it, which resolves when nothing more is sent.
 */
export function sendPartialImages(
  partialImages: Pick<PartialImages, 'follow'>,
  events: EventAnswer,
  { taskId, name, count, quality, background }: StreamedTask,
  { room, now }: { room: Room; now: () => number },
): () => Promise<void> {
  const type = `${name}.partial_image` as const;
  const over = Promise.withResolvers<null>();
  let next: FollowedPartialImage | undefined;
  let sending: Promise<void> | undefined;
  let latest = 0;

  async function send({ read, index, content_type, width, height }: FollowedPartialImage): Promise<void> {
    // At the end of the task nobody waits for bytes that are elsewhere.
    const bytes = await Promise.race([read(), over.promise]);
    if (bytes === null) return;
    await events.sendWhileWaiting(type, {
      type,
      b64_json: new PictureText(bytes),
      partial_image_index: index,
      created_at: unixSeconds(now()),
      size: `${width}x${height}`,
      quality,
      background,
      output_format: content_type.replace('image/', ''),
    });
  }

  async function sendAll(): Promise<void> {
    while (next !== undefined) {
      const image = next;
      next = undefined;
      await send(image).catch(() => {});
      room.free(image.size);
    }
    sending = undefined;
  }

  const unfollow = partialImages.follow(taskId, (image) => {
    if (count === 1 && image.attempt < latest) return;
    latest = image.attempt;
    if (next !== undefined) room.free(next.size);
    next = room.take(image.size) ? image : undefined;
    if (next !== undefined) sending ??= sendAll();
  });
  return async () => {
    unfollow();
    over.resolve(null);
    events.endWaiting();
    await sending;
  };
}
