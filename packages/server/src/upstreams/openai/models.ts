// Capabilities of the models behind this wire, and the sizes of their pictures, one row for a family of names. A name of no
// family is a model of a compatible server (LocalAI and others), of which the default row is guessed.
// Facts as of 2026-11-23: the `size`, `response_format` and `image` members in npm `openai` 7.57.0 (resources/images.d.ts); the sides and
// pixels of gpt-image-2, whose least of 655,360 rules out 512: MicrosoftDocs/azure-ai-docs, articles/foundry/openai/how-to/dall-e.md. As of
// 2026-11-30 `quality`, `background`, `moderation` and `mask` in npm `openai` 7.59.0; transparency is in preview for gpt-image-2.

import { nearestRatio, ratioValue } from '../../core/models/capabilities.ts';
import { gptRatios } from '../../core/models/gpt-models.ts';
import type { Capabilities } from '../../core/models/capabilities.ts';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { backgrounds, type ImageSize, qualities } from '../../core/tasks/task.ts';

interface Family {
  /** Of the model's name, without the vendor that a gateway may put before it (`openai/gpt-image-2`). */
  names: RegExp;
  capabilities: Capabilities;
  /** Whether `response_format` is sent. The GPT models answer 400 to it and always send base64. */
  takesResponseFormat: boolean;
  takesAutoSize: boolean;
  /** The only sizes there are, by ratio, or the limits of a free choice. */
  canvas: Readonly<Record<string, string>> | FreeCanvas;
}

interface FreeCanvas {
  /** Both sides are multiples of this many pixels. */
  grid: number;
  maxSide: number;
  maxPixels: number;
  /** The long side divided by the short one, at most. */
  widest: number;
}

const threeSizes = { '1:1': '1024x1024', '3:2': '1536x1024', '2:3': '1024x1536' };
const gpt = { takesResponseFormat: false, takesAutoSize: true };
/**
 * Streams of partial images: `stream` is "not supported for `dall-e-2` or `dall-e-3`". They go by the model's name, whichever server
 * has it: one that refuses them is asked without.
 */
const partialImages = true;
/** "less than 50MB" each, and 16 of them. */
const gptInputs = { maxInputs: 16, inputLimits: { maxBytes: 49_999_999 } };
/** "Must be between 1 and 10": the `n` member. */
const maxPictures = 10;
/** "The GPT image models support `low`, `medium`, and `high`", those of 2.5 "also support `xhigh` and `max`". */
const options = { mask: true, qualities: ['low', 'medium', 'high'], backgrounds, moderation: true } as const;
const free = {
  ratios: gptRatios,
  sizes: ['1K', '2K', '4K'],
  ...gptInputs,
  seed: false,
  maxPictures,
} as const;

const freeCanvas: FreeCanvas = { grid: 16, maxSide: 3840, maxPixels: 3840 * 2160, widest: 3 };

/** The first row that fits holds; the last fits always. */
const families: readonly Family[] = [
  {
    names: /^(gpt-image-1(?!\d)|chatgpt-image-)/,
    capabilities: { ...free, ratios: Object.keys(threeSizes), sizes: ['1K'], ...options, partialImages },
    ...gpt,
    canvas: threeSizes,
  },
  {
    names: /^gpt-image-2\.5-/,
    capabilities: { ...free, ...options, qualities, partialImages },
    ...gpt,
    canvas: freeCanvas,
  },
  { names: /^gpt-image-/, capabilities: { ...free, ...options, partialImages }, ...gpt, canvas: freeCanvas },
  {
    names: /(?:)/,
    // A server refuses by itself what it does not know.
    capabilities: {
      ratios: 'any',
      sizes: ['512', '1K', '2K', '4K'],
      maxInputs: 16,
      seed: false,
      ...options,
      qualities,
    },
    takesResponseFormat: true,
    takesAutoSize: false,
    canvas: { grid: 64, maxSide: 8192, maxPixels: 4096 * 4096, widest: 8 },
  },
];

const pixelsOf: Readonly<Record<ImageSize, number>> = {
  '512': 512 ** 2,
  '1K': 1024 ** 2,
  '2K': 2048 ** 2,
  '4K': 4096 ** 2,
};

function familyOf(model: string): Family {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return families.find(({ names }) => names.test(name))!;
}

export function capabilitiesOf(model: string): Capabilities {
  return familyOf(model).capabilities;
}

export function takesResponseFormat(model: string): boolean {
  return familyOf(model).takesResponseFormat;
}

/** Whether a name is one of OpenAI's own picture models. */
export function isPictureModel(model: string): boolean {
  return familyOf(model) !== families.at(-1);
}

/**
 * The `size` to ask for: `WxH`, or `auto`. The ratio `auto` is that of the last input, as Gemini has it; without inputs the
 * model chooses, where it can and the size is the one that it would choose, and otherwise it is a square.
 */
export function sizeOf({
  model,
  aspectRatio,
  imageSize,
  inputs,
}: Pick<UpstreamRequest, 'model' | 'aspectRatio' | 'imageSize' | 'inputs'>): string {
  const { canvas, takesAutoSize } = familyOf(model);
  const like = inputs.at(-1);
  if (aspectRatio === 'auto' && like === undefined && imageSize === '1K' && takesAutoSize) return 'auto';
  const given = like === undefined ? 1 : like.width / like.height;
  const ratio = aspectRatio === 'auto' ? given : ratioValue(aspectRatio);
  if (isFree(canvas)) return fill(canvas, ratio, pixelsOf[imageSize]);
  return canvas[nearestRatio(ratio, Object.keys(canvas))]!;
}

function isFree(canvas: Family['canvas']): canvas is FreeCanvas {
  return typeof canvas['grid'] === 'number';
}

/** The size of about that many pixels. The short side comes first: a ratio at the limit stays within it after rounding. */
function fill({ grid, maxSide, maxPixels, widest }: FreeCanvas, ratio: number, pixels: number): string {
  const stretch = Math.min(widest, Math.max(ratio, 1 / ratio));
  const wanted = Math.min(Math.sqrt(Math.min(pixels, maxPixels) / stretch), maxSide / stretch);
  const onGrid = (length: number) => Math.max(grid, Math.round(length / grid) * grid);
  const longFor = (side: number) => Math.min(maxSide, onGrid(side * stretch));
  let short = onGrid(wanted);
  while (short * longFor(short) > maxPixels) short -= grid;
  const long = longFor(short);
  return ratio < 1 ? `${short}x${long}` : `${long}x${short}`;
}
