// Makes input pictures smaller that have more bytes than a model takes. First they give up being lossless, which nobody
// sees; only where that is not enough, or would cost their transparency, they are scaled.

import type { FitInputs } from '../core/pictures/inputs.ts';
import { inputPath } from '../core/tasks/task.ts';
import type { Picture } from '../core/upstreams/upstream.ts';
import { untilAborted } from '../lib/abort.ts';
import { barePicture } from './bare/bare-picture.ts';
import type { DecodeGate } from './decoding.ts';
import { fitInside, type Measures } from './fit-inside.ts';
import { pictureTypeOf } from './formats/picture-type.ts';
import { recode } from './prepare-input.ts';

interface Fitted {
  picture: Picture;
  /** The beginning of a sentence, for a picture that was changed. */
  change?: string;
}

/** For pictures that were prepared. Decodes go through the gate, one picture at a time. */
export function createInputFitter({ gate }: { gate: DecodeGate }): FitInputs {
  /** A run of a task keeps its pictures in one array, which may go to several upstreams; by the bytes that each may have. */
  const known = new WeakMap<readonly Picture[], Map<number, Fitted[]>>();
  return async (pictures, { maxBytes = Infinity, maxTotalBytes = Infinity }, { model, signal, owner }) => {
    const sizes = pictures.map(({ bytes }) => Math.min(bytes.length, maxBytes));
    const most = Math.min(maxBytes, evenShare(sizes, maxTotalBytes));
    if (pictures.every(({ bytes }) => bytes.length <= most)) return { pictures, warnings: [] };
    let fitted = known.get(pictures)?.get(most);
    if (fitted === undefined) {
      fitted = [];
      for (const [index, picture] of pictures.entries())
        fitted.push(
          picture.bytes.length <= most
            ? { picture }
            : await shrink(picture, most, { name: inputPath(picture, index), gate, signal, owner }),
        );
      await fitMask(pictures, fitted, most, { gate, signal, owner });
      known.set(pictures, (known.get(pictures) ?? new Map<number, Fitted[]>()).set(most, fitted));
    }
    return {
      pictures: fitted.map(({ picture }) => picture),
      warnings: fitted.flatMap(({ change }) =>
        change === undefined ? [] : [`${change} for ${model}, which takes ${most} bytes of it at most.`],
      ),
    };
  };
}

/** The most that each may have so that they have no more than `total` together: small ones leave room for large ones. */
function evenShare(sizes: readonly number[], total: number): number {
  let left = total;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (sizes.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}

interface Tools {
  gate: DecodeGate;
  signal: AbortSignal;
  owner: string | undefined;
}

/** Scales the mask, or the first picture, which it is for, until both have the same measures again: an upstream refuses a mask of another size. */
async function fitMask(
  pictures: readonly Picture[],
  fitted: Fitted[],
  most: number,
  tools: Tools,
): Promise<void> {
  const at = pictures.findIndex(({ role }) => role === 'mask');
  const [first, mask] = [pictures[0], pictures[at]];
  if (at < 1 || first === undefined || mask === undefined) return;
  if (first.width !== mask.width || first.height !== mask.height) return;
  for (;;) {
    const [one, other] = [fitted[0]!.picture, fitted[at]!.picture];
    const pixels = (picture: Picture) => picture.width * picture.height;
    if (pixels(one) === pixels(other)) return;
    const [index, target] = pixels(one) > pixels(other) ? [0, other] : [at, one];
    const picture = pictures[index]!;
    fitted[index] = await shrink(picture, most, { ...tools, name: inputPath(picture, index), target });
  }
}

async function shrink(
  picture: Picture,
  most: number,
  { name, target = picture, ...tools }: Tools & { name: string; target?: Measures },
): Promise<Fitted> {
  const type = pictureTypeOf(picture.bytes);
  const { role } = picture;
  // As if it were lossy already: then it becomes a JPEG, but for its transparency. A mask stays a PNG.
  const bare = { ...(await barePicture(picture.bytes, type)), lossy: role !== 'mask' };
  for (;;) {
    const { bytes, contentType, width, height } = await untilAborted(
      recode(bare, { picture, type, target, ...tools }),
      tools.signal,
    );
    const pixels = width * height;
    if (bytes.length <= most || pixels === 1)
      return {
        picture: { bytes, contentType, width, height, ...(role === undefined ? {} : { role }) },
        change:
          width === picture.width && height === picture.height
            ? `${name} was encoded anew, with a little loss,`
            : `${name} was scaled from ${picture.width}x${picture.height} to ${width}x${height}`,
      };
    // A file has about so many bytes a pixel; a tenth less, so that it seldom takes a third try.
    target = fitInside(picture, { maxPixels: Math.max(1, pixels * 0.9 * (most / bytes.length)) });
  }
}
