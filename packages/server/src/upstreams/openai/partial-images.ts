// Partial images in the stream of an answer, read while it comes: `image_generation.partial_image` and `image_edit.partial_image`.
// Source: npm `openai` 7.59.0, resources/images.d.ts. The finished picture is read out of the whole answer, as if nothing had come before.

import { z } from 'zod';
import type { UpstreamContext, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import type { WantedEvents } from '../answers/live-events.ts';
import { inlinePicture, pictureBytes } from '../results/inline-picture.ts';
import { lacksStream } from './request.ts';

/** 32 MiB: a picture of 4K in base64, as PNG at its largest. */
const maxEventBytes = 32 * 2 ** 20;

const partialBody = z.object({
  type: z.string().regex(/^image_(?:generation|edit)\.partial_image$/),
  partial_image_index: z.int().nonnegative(),
  b64_json: inlinePicture,
});

/** Event with the finished picture: what follows, at most the mark of the end, adds nothing. */
const completedBody = z.object({
  type: z.string().regex(/^image_(?:generation|edit)\.completed$/),
  b64_json: inlinePicture,
});

/** Events to watch for where the request asks for partial images, whether somebody takes them or not. */
export function wantedEvents(
  request: UpstreamRequest,
  onPartialImage: UpstreamContext['onPartialImage'],
): WantedEvents | undefined {
  const { partialImages = 0 } = request;
  if (partialImages === 0 || lacksStream(request)) return undefined;
  let next = 0;
  return {
    // Beside them the finished picture, and an event that says something else.
    maxLongEvents: partialImages + 2,
    maxEventBytes,
    onEvent(json) {
      const read = partialBody.safeParse(json);
      if (!read.success) return isCompleted(json);
      const { partial_image_index: index, b64_json: base64 } = read.data;
      const isWanted = index >= next && index < partialImages;
      const bytes = isWanted ? pictureBytes(base64) : null;
      if (bytes === null) return false;
      next = index + 1;
      onPartialImage?.({ index, bytes });
      return false;
    },
  };
}

function isCompleted(json: unknown): boolean {
  const { data } = completedBody.safeParse(json);
  return data !== undefined && pictureBytes(data.b64_json) !== null;
}
