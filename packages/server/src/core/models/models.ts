// Models that clients may name, with the sizes and ratios of each, and the upstream model that serves it. Names that a vendor has
// dropped stay as aliases, because clients go on sending them. OpenAI's models are in `gpt-models.ts`.
// Facts as of 2026-11-22: Google's model and deprecation pages (ai.google.dev/gemini-api/docs/models, .../deprecations); the
// models of the npm package openai 7.57.0; the model pages of fal.ai and replicate.com, where 2.1 was not found on Replicate.

import type { ImageSize } from '../tasks/task.ts';

/** Kinds of upstream that have an adapter. The sandbox is not listed: it serves every model under the model's own name. */
export const upstreamKinds = ['gemini', 'nano-banana', 'openai', 'fal', 'replicate'] as const;
export type UpstreamKind = (typeof upstreamKinds)[number];

/** Ratios that every model takes. */
export const tenRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
export const fourteenRatios = [...tenRatios, '1:4', '4:1', '1:8', '8:1'] as const;

export interface Model {
  /** Canonical name. */
  name: string;
  /** Other names that clients use for the model. */
  aliases: readonly string[];
  sizes: readonly ImageSize[];
  ratios: readonly string[];
  maxInputs: number;
  /** Whether every upstream of the model's routes takes a seed; absent where the routes are not known. */
  takesSeed?: boolean;
  /** Whether an upstream of the model's routes takes a mask; absent where the routes are not known. */
  takesMask?: boolean;
  /** Whether an upstream of the model's routes gives partial images; absent where the routes are not known. */
  givesPartialImages?: boolean;
  /** Name of the model that serves in its place; set where no route serves it. */
  standIn?: string;
}

/** Model that is known without a route in the settings. */
export interface ShippedModel extends Model {
  /** Name of the upstream model that serves it, by kind of upstream. The settings' routes override this. */
  servedBy: Readonly<Record<UpstreamKind, string>>;
}

export const shippedModels: readonly ShippedModel[] = [
  {
    // Its own gemini-2.5-flash-image is past its shutdown date (2026-10-02); the Lite model has the same one size, ratios and price class.
    name: 'nano-banana',
    aliases: ['gemini-2.5-flash-image', 'gemini-2.5-flash-image-preview'],
    sizes: ['1K'],
    ratios: tenRatios,
    maxInputs: 14,
    servedBy: {
      gemini: 'gemini-3.1-flash-lite-image',
      'nano-banana': 'nano-banana',
      openai: 'gpt-image-2.5-flare',
      fal: 'google/nano-banana-2-lite',
      replicate: 'google/nano-banana-2-lite',
    },
  },
  {
    // Its own gemini-3.1-flash-image is deprecated; Google names 2.1 as the successor, which has no 512 tier.
    name: 'nano-banana-2',
    aliases: ['gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview'],
    sizes: ['1K', '2K', '4K'],
    ratios: fourteenRatios,
    maxInputs: 14,
    servedBy: {
      gemini: 'gemini-nano-banana-2.1',
      'nano-banana': 'nano-banana-2',
      openai: 'gpt-image-2.5-flare',
      fal: 'fal-ai/nano-banana-2',
      replicate: 'google/nano-banana-2',
    },
  },
  {
    name: 'nano-banana-2-lite',
    aliases: ['gemini-3.1-flash-lite-image', 'gemini-3.1-flash-lite-image-preview'],
    sizes: ['1K'],
    ratios: tenRatios,
    maxInputs: 14,
    servedBy: {
      gemini: 'gemini-3.1-flash-lite-image',
      'nano-banana': 'nano-banana-2-lite',
      openai: 'gpt-image-2.5-flare',
      fal: 'google/nano-banana-2-lite',
      replicate: 'google/nano-banana-2-lite',
    },
  },
  {
    name: 'nano-banana-pro',
    aliases: ['gemini-3-pro-image', 'gemini-3-pro-image-preview', 'gemini-2.5-pro-image-preview'],
    sizes: ['1K', '2K', '4K'],
    ratios: tenRatios,
    maxInputs: 14,
    servedBy: {
      gemini: 'gemini-3-pro-image',
      'nano-banana': 'nano-banana-pro',
      openai: 'gpt-image-2.5-sunburst',
      fal: 'fal-ai/nano-banana-pro',
      replicate: 'google/nano-banana-pro',
    },
  },
  {
    name: 'nano-banana-2.1',
    aliases: ['gemini-nano-banana-2.1'],
    sizes: ['1K', '2K', '4K'],
    ratios: fourteenRatios,
    maxInputs: 14,
    servedBy: {
      gemini: 'gemini-nano-banana-2.1',
      'nano-banana': 'nano-banana-2.1',
      openai: 'gpt-image-2.5-flare',
      fal: 'google/nano-banana-2.1',
      replicate: 'google/nano-banana-2',
    },
  },
];

/** Model that was found by a name, with the size that was part of the name. */
export interface NamedModel<M extends Model = Model> {
  model: M;
  imageSize?: ImageSize;
}

/** Finds models by any of their names, without regard to case. */
export interface ModelTable<M extends Model = Model> {
  find(name: string): M | undefined;
  /**
   * Finds a model by a name in the spelling of other servers: with a size behind it (`nano-banana-2-4k`), with a vendor before it
   * (`google/nano-banana-pro`), or with other separators than `-`.
   */
  findNamed(name: string): NamedModel<M> | undefined;
  readonly all: readonly M[];
}

/**
 * Further names, each of a model or an alias, which `findNamed` knows: those of the settings go before all others, and those that are
 * shipped behind them.
 */
export interface FurtherNames {
  set?: Readonly<Record<string, string>>;
  shipped?: Readonly<Record<string, string>>;
}

export function createModelTable<M extends Model>(
  models: readonly M[],
  { set = {}, shipped = {} }: FurtherNames = {},
): ModelTable<M> {
  const byName = new Map<string, M>();
  for (const model of models)
    for (const name of [model.name, ...model.aliases]) byName.set(name.toLowerCase(), model);
  const find = (name: string) => byName.get(name.trim().toLowerCase());
  const findIn = (names: Readonly<Record<string, string>>) => {
    const targets = new Map(Object.entries(names).map(([name, target]) => [name.toLowerCase(), target]));
    return (name: string) => find(targets.get(name.trim().toLowerCase()) ?? '');
  };
  const findSet = findIn(set);
  const findShipped = findIn(shipped);
  const findAlike = (name: string) =>
    findSet(name) ?? find(name) ?? findShipped(name) ?? find(plainName(name));
  function findNamed(name: string): NamedModel<M> | undefined {
    const whole = findAlike(name);
    if (whole !== undefined) return { model: whole };
    const split = splitSize(name.trim());
    const model = split && findAlike(split.base);
    return model && { model, imageSize: split.imageSize };
  }
  return { all: models, find, findNamed };
}

/**
 * Prefixes that other services put before a model's name: `google/` and `openai/` at OpenRouter, Vercel's gateway, Replicate and kie.ai,
 * `fal-ai/` at fal, `gemini/` in LiteLLM, `models/` in Google's own API.
 */
const vendors = ['google/', 'openai/', 'models/', 'gemini/', 'fal-ai/'];

/** Model name in small letters, without a vendor's prefix, and with `-` between its words. */
function plainName(name: string): string {
  const given = name.trim().toLowerCase();
  const vendor = vendors.find((each) => given.startsWith(each)) ?? '';
  return given.slice(vendor.length).replaceAll(/[_ ]/g, '-');
}

/** Sizes by the words that clients write for them, in small letters. */
export const sizeWords: Readonly<Record<string, ImageSize>> = {
  '512': '512',
  '512px': '512',
  '0.5k': '512',
  '1k': '1K',
  '2k': '2K',
  '4k': '4K',
};
/** Sizes by the words that end a model's name. `hd` is 4K: gateways that sell nano-banana-hd say so. */
const sizesInNames: Readonly<Record<string, ImageSize>> = { ...sizeWords, hd: '4K', uhd: '4K' };

function splitSize(name: string): { base: string; imageSize: ImageSize } | undefined {
  const end = Math.max(...Array.from('-_:@/ ', (sign) => name.lastIndexOf(sign)));
  const word = name.slice(end + 1).toLowerCase();
  const imageSize = Object.hasOwn(sizesInNames, word) ? sizesInNames[word] : undefined;
  return imageSize === undefined || end < 1 ? undefined : { base: name.slice(0, end), imageSize };
}
