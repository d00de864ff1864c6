// The models that clients may name, what each takes, and which upstream model serves it.
// Clients send names that died long ago; names are aliases, so an upstream's renaming breaks nobody.
// Facts as of 2026-11-22: Google's model and deprecation pages (ai.google.dev/gemini-api/docs/models, .../deprecations); the
// models of the npm package openai 7.57.0; the model pages of fal.ai and replicate.com, where 2.1 was not found on Replicate.

import type { ImageSize } from './task.ts';

/** The kinds of upstream that there are adapters for, besides the sandbox, which serves every model under its own name. */
export const upstreamKinds = ['gemini', 'nano-banana', 'openai', 'fal', 'replicate'] as const;
export type UpstreamKind = (typeof upstreamKinds)[number];

/** The ratios that every model takes. */
const tenRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
export const fourteenRatios = [...tenRatios, '1:4', '4:1', '1:8', '8:1'] as const;

export interface Model {
  /** Canonical name. */
  name: string;
  /** Other names that clients send for it. */
  aliases: readonly string[];
  sizes: readonly ImageSize[];
  ratios: readonly string[];
  /** How many input pictures it takes. */
  maxInputs: number;
  /** Whether every upstream of its routes takes a seed; absent where the routes were not looked at. */
  takesSeed?: boolean;
}

/** A model that needs no route to be known. */
export interface ShippedModel extends Model {
  /** What serves it today at each kind of upstream; an operator can say otherwise in the routes. */
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

/** Finds models by any of their names, without regard to case. */
export interface ModelTable<M extends Model = Model> {
  find(name: string): M | undefined;
  readonly all: readonly M[];
}

export function createModelTable<M extends Model>(models: readonly M[]): ModelTable<M> {
  const byName = new Map<string, M>();
  for (const model of models)
    for (const name of [model.name, ...model.aliases]) byName.set(name.toLowerCase(), model);
  return { all: models, find: (name) => byName.get(name.trim().toLowerCase()) };
}
