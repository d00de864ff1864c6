// Capabilities of an upstream's model, and how a request is fitted to them. A wish that can't be met becomes a warning;
// a request with more pictures than the model takes is never sent there at all.

import type { ImageSize } from '../tasks/task.ts';

/** Limits of input pictures, as far as they are documented; a member that is left out has no limit that is known. */
export interface InputLimits {
  /** Of one picture. */
  maxBytes?: number;
  /** Of all pictures of a request together. */
  maxTotalBytes?: number;
}

export interface Capabilities {
  /** Ratios it can be asked for besides `auto`; `any` for all. */
  ratios: readonly string[] | 'any';
  /** Sizes it can be asked for, smallest first. */
  sizes: readonly ImageSize[];
  /** How many input pictures it takes; 0 where it can't edit. */
  maxInputs: number;
  /** Absent where nothing is known. */
  inputLimits?: InputLimits;
  seed: boolean;
}

const order: readonly ImageSize[] = ['512', '1K', '2K', '4K'];

/** The part of a request that is fitted. */
interface Asked {
  /** The upstream's own name of the model. */
  model: string;
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
}

/** The request as the model can take it, and a sentence for everything that changed. */
export function fitRequest<Request extends Asked>(
  request: Request,
  { ratios, sizes, seed }: Capabilities,
): { request: Request; warnings: string[] } {
  const fitted = { ...request };
  const warnings: string[] = [];
  const { aspectRatio, imageSize, model } = request;
  if (aspectRatio !== 'auto' && ratios !== 'any' && !ratios.includes(aspectRatio)) {
    fitted.aspectRatio = ratios.length === 0 ? 'auto' : nearestRatio(ratioValue(aspectRatio), ratios);
    warnings.push(
      `${model} does not make pictures of the ratio ${aspectRatio}; ${fitted.aspectRatio} was asked for.`,
    );
  }
  if (!sizes.includes(imageSize)) {
    fitted.imageSize = nearestSize(imageSize, sizes);
    warnings.push(
      `${model} does not make pictures of the size ${imageSize}; ${fitted.imageSize} was asked for.`,
    );
  }
  if (!seed && request.seed !== undefined) {
    delete fitted.seed;
    warnings.push(`${model} takes no seed; it was left out.`);
  }
  return { request: fitted, warnings };
}

/** Width divided by height of a ratio such as `16:9`. Each submit asks it of a whole list, so it takes the text apart without lists. */
export function ratioValue(ratio: string): number {
  const colon = ratio.indexOf(':');
  return colon === -1 ? Number(ratio) : Number(ratio.slice(0, colon)) / Number(ratio.slice(colon + 1));
}

/**
 * Finds the ratio of the list that is nearest to a width divided by a height, as seen: twice as wide is as far as twice as high. Of two
 * that are as far the first is taken, and `1:1` where the list is empty.
 */
export function nearestRatio(ratio: number, ratios: readonly string[]): string {
  let nearest = '1:1';
  let least = Infinity;
  for (const candidate of ratios) {
    const distance = Math.abs(Math.log(ratio / ratioValue(candidate)));
    if (distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest;
}

/** The largest size that is not above the one asked for, else the smallest there is. */
export function nearestSize(size: ImageSize, sizes: readonly ImageSize[]): ImageSize {
  const rank = (each: ImageSize) => order.indexOf(each);
  const below = sizes.filter((each) => rank(each) <= rank(size));
  return below.at(-1) ?? sizes[0] ?? '1K';
}
