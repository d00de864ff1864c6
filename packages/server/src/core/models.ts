// The models that clients may name, what each takes, and which upstream model serves it.
// Clients send names that died long ago; names are aliases, so an upstream's renaming breaks nobody.
// Facts as of 2026-11-22: Google's model and deprecation pages (ai.google.dev/gemini-api/docs/models, .../deprecations).

import type { ImageSize } from './task.ts';

/** The ratios that every model takes. */
const tenRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
const fourteenRatios = [...tenRatios, '1:4', '4:1', '1:8', '8:1'] as const;

export interface Model {
  /** Canonical name. */
  name: string;
  /** Other names that clients send for it. */
  aliases: readonly string[];
  sizes: readonly ImageSize[];
  ratios: readonly string[];
  /** How many input pictures it takes. */
  maxInputs: number;
  /** The Gemini model that serves it today; an operator can change it in the settings. */
  geminiModel: string;
}

export const shippedModels: readonly Model[] = [
  {
    // Its own gemini-2.5-flash-image is past its shutdown date (2026-10-02); the Lite model has the same one size, ratios and price class.
    name: 'nano-banana',
    aliases: ['gemini-2.5-flash-image', 'gemini-2.5-flash-image-preview'],
    sizes: ['1K'],
    ratios: tenRatios,
    maxInputs: 14,
    geminiModel: 'gemini-3.1-flash-lite-image',
  },
  {
    // Its own gemini-3.1-flash-image is deprecated; Google names 2.1 as the successor, which has no 512 tier.
    name: 'nano-banana-2',
    aliases: ['gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview'],
    sizes: ['1K', '2K', '4K'],
    ratios: fourteenRatios,
    maxInputs: 14,
    geminiModel: 'gemini-nano-banana-2.1',
  },
  {
    name: 'nano-banana-2-lite',
    aliases: ['gemini-3.1-flash-lite-image', 'gemini-3.1-flash-lite-image-preview'],
    sizes: ['1K'],
    ratios: tenRatios,
    maxInputs: 14,
    geminiModel: 'gemini-3.1-flash-lite-image',
  },
  {
    name: 'nano-banana-pro',
    aliases: ['gemini-3-pro-image', 'gemini-3-pro-image-preview', 'gemini-2.5-pro-image-preview'],
    sizes: ['1K', '2K', '4K'],
    ratios: tenRatios,
    maxInputs: 14,
    geminiModel: 'gemini-3-pro-image',
  },
  {
    name: 'nano-banana-2.1',
    aliases: ['gemini-nano-banana-2.1'],
    sizes: ['1K', '2K', '4K'],
    ratios: fourteenRatios,
    maxInputs: 14,
    geminiModel: 'gemini-nano-banana-2.1',
  },
];

/** Finds models by any of their names, without regard to case. */
export interface ModelTable {
  find(name: string): Model | undefined;
  readonly all: readonly Model[];
}

export function createModelTable(models: readonly Model[]): ModelTable {
  const byName = new Map<string, Model>();
  for (const model of models)
    for (const name of [model.name, ...model.aliases]) byName.set(name.toLowerCase(), model);
  return { all: models, find: (name) => byName.get(name.trim().toLowerCase()) };
}
