// Width and height of a picture of a ratio and a size, and the ratio that `auto` stands for.

import { nearestRatio } from '../../core/models/capabilities.ts';
import { TaskError } from '../../core/errors.ts';
import type { ImageSize } from '../../core/tasks/task.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

/** Width and height in pixels. */
export interface Dimensions {
  width: number;
  height: number;
}

/**
 * Pixels at 1K, the ones that Gemini answers with (ai.google.dev/gemini-api/docs/image-generation, "Aspect ratios and
 * image size"). 512, 2K and 4K are these times a half, two and four, there as here.
 */
const at1K: ReadonlyMap<string, readonly [width: number, height: number]> = new Map([
  ['1:1', [1024, 1024]],
  ['1:4', [512, 2048]],
  ['1:8', [384, 3072]],
  ['2:3', [848, 1264]],
  ['3:2', [1264, 848]],
  ['3:4', [896, 1200]],
  ['4:1', [2048, 512]],
  ['4:3', [1200, 896]],
  ['4:5', [928, 1152]],
  ['5:4', [1152, 928]],
  ['8:1', [3072, 384]],
  ['9:16', [768, 1376]],
  ['16:9', [1376, 768]],
  ['21:9', [1584, 672]],
]);

const scales: Readonly<Record<ImageSize, number>> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/** The fourteen ratios that the sandbox draws. */
export const ratios: readonly string[] = Array.from(at1K.keys());

/** Dimensions of the finished picture. Throws `TaskError` (`upstream_bad_request`) for a ratio that is not one of `ratios`. */
export function dimensionsOf(ratio: string, size: ImageSize): Dimensions {
  const pixels = at1K.get(ratio);
  if (!pixels)
    throw new TaskError(
      upstreamFailure(
        'upstream_bad_request',
        `The sandbox does not draw this aspect ratio. Ask for auto, ${ratios.join(', ')}.`,
        'aspect ratio unknown',
      ),
    );
  return { width: pixels[0] * scales[size], height: pixels[1] * scales[size] };
}

/** The ratio to draw: the one that was asked for, or for `auto` the one nearest to the last input, or `1:1` without inputs. */
export function resolveRatio(asked: string, inputs: readonly Dimensions[]): string {
  const last = inputs.at(-1);
  if (asked !== 'auto') return asked;
  return last ? nearestRatio(last.width / last.height, ratios) : '1:1';
}
