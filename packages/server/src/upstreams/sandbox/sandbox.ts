// The upstream that needs no account: it draws a picture from a hash of the request, takes as long as a model would, and
// fails on demand. What surprises: it obeys directives in the prompt (`directives.ts`).

import type { Capabilities } from '../../core/models/capabilities.ts';
import { TaskError } from '../../core/errors.ts';
import { backgrounds, type ImageSize, qualities } from '../../core/tasks/task.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { failureDue, maxDelayMs, parseDirectives } from './directives.ts';
import { ratios } from './dimensions.ts';
import { drawPictures } from './draw.ts';
import { directedFailure } from './failures.ts';
import { hang, pace, sleep as realSleep } from './pace.ts';
import type { Sleep } from './pace.ts';
import { partialImagesOf } from './partial-images.ts';

export interface SandboxOptions {
  /** Time that a picture at 1K takes before it is drawn, 0 to 3,600,000; larger sizes take up to 1.5 times as long. 0: no wait. */
  durationMs: number;
  /** Waits; given only by tests. */
  sleep?: Sleep;
}

const slowness: Readonly<Record<ImageSize, number>> = { '512': 0.8, '1K': 1, '2K': 1.2, '4K': 1.5 };

/** How far the work counts as done when the wait is over and the drawing begins. */
const waitShare = 0.9;

const everything: Capabilities = {
  ratios,
  sizes: ['512', '1K', '2K', '4K'],
  maxInputs: Number.MAX_SAFE_INTEGER,
  seed: true,
  mask: true,
  qualities,
  backgrounds,
  moderation: true,
  partialImages: true,
};

/** Makes the sandbox. Throws `RangeError` when `durationMs` is not within its limits. */
export function createSandbox({ durationMs, sleep = realSleep }: SandboxOptions): Upstream {
  if (!(durationMs >= 0 && durationMs <= maxDelayMs))
    throw new RangeError(`The sandbox takes a duration from 0 to ${maxDelayMs} milliseconds.`);
  return {
    name: 'sandbox',
    capabilities: () => everything,
    async check(signal) {
      signal.throwIfAborted();
      return 'needs no account';
    },
    async start(request, context) {
      const { attempt, signal, onProgress } = context;
      signal.throwIfAborted();
      const directives = parseDirectives(request.prompt);
      const waitMs = directives.delayMs ?? durationMs * slowness[request.imageSize];
      await work(request, context, { waitMs, sleep });

      const failing = failureDue(directives.failures, attempt);
      if (failing) {
        const failure = directedFailure(failing.type, failing);
        // A failed task has no list of warnings, so they stand in its message.
        throw new TaskError({ ...failure, message: [failure.message, ...directives.warnings].join(' ') });
      }
      if (directives.hang) return await hang(signal);

      if (directives.webPage) return { pictures: [webPage(request)], description: '', warnings: [] };

      const pictures = await drawPictures(request, {
        images: directives.images ?? 1,
        signal,
        onProgress: (part) => onProgress(waitShare + part * (1 - waitShare)),
      });
      return {
        pictures,
        description: directives.text ?? 'A picture drawn by the Plantain sandbox; no model was asked.',
        warnings: directives.warnings,
      };
    },
  };
}

/** Takes the time of a picture, and gives the partial images that are asked for between equal parts of it. */
async function work(
  request: UpstreamRequest,
  context: UpstreamContext,
  { waitMs, sleep }: { waitMs: number; sleep: Sleep },
): Promise<void> {
  const { signal, onProgress, onPartialImage } = context;
  const images = onPartialImage === undefined ? 0 : (request.partialImages ?? 0);
  const give = partialImagesOf(request, context);
  for (let index = 0; index <= images; index += 1) {
    await pace(waitMs / (images + 1), {
      sleep,
      signal,
      onProgress: (part) => onProgress(((index + part) / (images + 1)) * waitShare),
    });
    if (index < images) await give(index);
  }
}

/** An answer that is there and can't be used, as a gateway gives one; it repeats the prompt, as some do. */
function webPage({ prompt }: UpstreamRequest): Uint8Array {
  return Buffer.from(`<!doctype html><title>502</title><p>No picture for: ${prompt}</p>\n`);
}
