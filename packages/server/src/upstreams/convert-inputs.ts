// Makes PNG of the input pictures whose type an upstream does not take. An animation loses all frames but its first.

import sharp from 'sharp';
import { TaskError } from '../core/errors.ts';
import type { Picture } from '../core/upstream.ts';
import { untilAborted } from '../lib/abort.ts';

/**
 * The pictures in their order, all of the `taken` types, and a sentence for each animation. One is converted after
 * the other, so that only one is in memory as pixels. Throws `TaskError` (`input_unreachable`) for one that can't be
 * decoded; when the signal aborts, rejects with its reason.
 */
export async function convertInputs(
  inputs: readonly Picture[],
  { taken, upstream, signal }: { taken: ReadonlySet<string>; upstream: string; signal: AbortSignal },
): Promise<{ pictures: Picture[]; warnings: string[] }> {
  const pictures: Picture[] = [];
  const warnings: string[] = [];
  for (const [index, input] of inputs.entries()) {
    if (taken.has(input.contentType)) {
      pictures.push(input);
      continue;
    }
    signal.throwIfAborted();
    const conversion = toPng(input.bytes).catch((error: unknown) => {
      throw undecodable(index + 1, upstream, error);
    });
    const { bytes, animated } = await untilAborted(conversion, signal);
    pictures.push({ ...input, bytes, contentType: 'image/png' });
    if (animated) warnings.push(`Input picture ${index + 1} is an animation; only its first frame was sent.`);
  }
  return { pictures, warnings };
}

async function toPng(input: Uint8Array): Promise<{ bytes: Uint8Array; animated: boolean }> {
  // Pixels were counted, against the operator's limit, when the picture was taken in.
  const picture = sharp(input, { failOn: 'error', limitInputPixels: false });
  const { pages = 1 } = await picture.metadata();
  return { bytes: await picture.autoOrient().png().toBuffer(), animated: pages > 1 };
}

function undecodable(number: number, upstream: string, cause: unknown): TaskError {
  return new TaskError(
    {
      type: 'input_unreachable',
      message: `Input picture ${number} could not be converted to PNG, which ${upstream} takes: its file is damaged or cut short. Send another file.`,
      retryable: false,
      upstreamReason: 'input not decodable',
    },
    { cause },
  );
}
