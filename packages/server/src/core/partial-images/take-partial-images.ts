// Partial images of a call, from its upstream to whoever waits for the task. They come from outside: each is inspected as a result is, and what is
// no picture, or too large, is dropped and fails nothing.

import type { InspectPicture } from '../pictures/picture-bytes.ts';
import type { ArrivedPartialImage } from '../upstreams/upstream.ts';
import type { PartialImagesOfRun } from './partial-images.ts';

export interface PartialImagesOfCall {
  take(image: ArrivedPartialImage): void;
  /** Drops those that wait to be inspected, as the call has ended: the picture, which is paid for, is not to wait for them. */
  end(): void;
}

/** Takes the partial images of one attempt. `owner`: the API key of the task. */
export function takePartialImages(
  { attempt, owner, signal }: { attempt: number; owner: string; signal: AbortSignal },
  awaited: PartialImagesOfRun,
  inspect: InspectPicture,
): PartialImagesOfCall {
  let giving = Promise.resolve();
  let isOver = false;
  async function give({ index, bytes }: ArrivedPartialImage): Promise<void> {
    if (isOver || signal.aborted || !awaited.isAwaited()) return;
    const { content_type, width, height } = await inspect(bytes, owner, signal);
    if (!signal.aborted) awaited.give({ attempt, index, bytes, content_type, width, height });
  }
  return {
    take(image) {
      if (!isOver && awaited.isAwaited()) giving = giving.then(() => give(image)).catch(() => {});
    },
    end: () => void (isOver = true),
  };
}
