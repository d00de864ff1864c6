// Capabilities of an upstream's model, and the fitting of a request to them. A value that the model does not take is replaced by
// the nearest one, with a warning. A request with more inputs than the model takes is not sent to it at all.

import { type Background, type ImageSize, type Moderation, qualities, type Quality } from '../tasks/task.ts';

/** Limits of an upstream on input pictures. Members are absent where no limit is known. */
export interface InputLimits {
  /** Most bytes of one input. */
  maxBytes?: number;
  /** Most bytes of all inputs of a request together. */
  maxTotalBytes?: number;
}

export interface Capabilities {
  /** Ratios that the model takes besides `auto`; `any` for all. */
  ratios: readonly string[] | 'any';
  /** Sizes that the model takes, smallest first. */
  sizes: readonly ImageSize[];
  /** Maximal number of inputs; 0 where the model can't edit. */
  maxInputs: number;
  /** Limits on the inputs' bytes; absent where none are known. */
  inputLimits?: InputLimits;
  seed: boolean;
  /** Most pictures that one call may ask for; absent where that is one. */
  maxPictures?: number;
  /** Whether the model takes a mask beside its inputs; absent where it takes none. */
  mask?: boolean;
  /** Qualities that the model takes, lowest first; absent where it can be told none. */
  qualities?: readonly Quality[];
  /** Backgrounds that the model takes; absent where it can be told none. */
  backgrounds?: readonly Background[];
  /** Whether the model can be told how strict its content rules are to be; absent where it can't. */
  moderation?: boolean;
  /** Whether the model gives partial images; absent where it gives none. */
  partialImages?: boolean;
}

const order: readonly ImageSize[] = ['512', '1K', '2K', '4K'];

/** Part of a request that is fitted to the capabilities. */
interface Asked {
  /** The upstream's own name of the model. */
  model: string;
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
  quality?: Quality;
  background?: Background;
  moderation?: Moderation;
  partialImages?: number;
}

/** Fits a request to what the model takes. Returns it with a warning, one sentence, for each value that changed. */
export function fitRequest<Request extends Asked>(
  request: Request,
  capabilities: Capabilities,
): { request: Request; warnings: string[] } {
  const { ratios, sizes, seed } = capabilities;
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
  fitOptions(fitted, capabilities, warnings);
  return { request: fitted, warnings };
}

/** Fits the members that only some models have at all. */
function fitOptions(
  fitted: Asked,
  { qualities: taken = [], backgrounds = [], moderation = false, partialImages = false }: Capabilities,
  warnings: string[],
): void {
  const { model, quality, background } = fitted;
  if (quality !== undefined && !taken.includes(quality)) {
    const nearest = taken.findLast((each) => rankOf(each) < rankOf(quality)) ?? taken[0];
    if (nearest === undefined) delete fitted.quality;
    else fitted.quality = nearest;
    warnings.push(
      nearest === undefined
        ? `${model} takes no quality; ${quality} was left out.`
        : `${model} does not take the quality ${quality}; ${nearest} was asked for.`,
    );
  }
  if (background !== undefined && !backgrounds.includes(background)) {
    delete fitted.background;
    // Pictures are opaque unless a model is told otherwise.
    if (background !== 'opaque') warnings.push(`${model} takes no background; ${background} was left out.`);
  }
  if (fitted.moderation !== undefined && !moderation) {
    delete fitted.moderation;
    warnings.push(`${model} takes no moderation; it was left out.`);
  }
  if (fitted.partialImages !== undefined && !partialImages) {
    delete fitted.partialImages;
    warnings.push(`${model} gives no partial images; none were asked for.`);
  }
}

const rankOf = (quality: Quality) => qualities.indexOf(quality);

/** Width divided by height of a ratio such as `16:9`. Each submit calls this for a whole list, so it makes no arrays. */
export function ratioValue(ratio: string): number {
  const colon = ratio.indexOf(':');
  return colon === -1 ? Number(ratio) : Number(ratio.slice(0, colon)) / Number(ratio.slice(colon + 1));
}

/**
 * Finds the ratio of the list that is nearest to `ratio`, a width divided by a height. Distances are logarithmic, so twice as wide is as
 * far as twice as high. The first of equals wins; an empty list gives `1:1`.
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

/** Finds the largest of `sizes` that is not above `size`, else the smallest. */
export function nearestSize(size: ImageSize, sizes: readonly ImageSize[]): ImageSize {
  const rank = (each: ImageSize) => order.indexOf(each);
  const below = sizes.filter((each) => rank(each) <= rank(size));
  return below.at(-1) ?? sizes[0] ?? '1K';
}
