// OpenAI's picture models under their own names, for clients that name no others. An upstream of the kind `openai` serves them;
// without one the default model stands in, with a warning. A route in the settings with one of these names defines its own model.
// Facts as of 2026-11-29. `ImageModel` of the npm package openai 7.59.0 (resources/images.d.ts) has each name, and each snapshot but
// that of 1.5. That one, and the days on which models end, are on developers.openai.com/api/docs/deprecations.

import type { Model } from './models.ts';

/** Ratios of the models that take any size: up to three times as wide as high. */
export const gptRatios: readonly string[] =
  '1:1 1:2 2:1 1:3 3:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 9:21 16:9 21:9'.split(' ');
/** Ratios of the three sizes that the first models have. */
const threeRatios: readonly string[] = ['1:1', '2:3', '3:2'];

export interface GptModel extends Model {
  /** Name of the model at OpenAI that serves it. */
  openai: string;
}

const free = { sizes: ['1K', '2K', '4K'], ratios: gptRatios, maxInputs: 16 } as const;
const fixed = { sizes: ['1K'], ratios: threeRatios, maxInputs: 16 } as const;

/**
 * Model that is called in place of those that end: gpt-image-1 did on 2026-10-23, the others of its kind do on 2026-12-01. OpenAI names
 * both models of 2.6 as replacements; this is the quicker one.
 */
const successor = 'gpt-image-2.6-flare';

/** Makes a model with the alias `openai/NAME`, as gateways and clients made for them write it. */
function gptModel(
  name: string,
  shape: typeof free | typeof fixed,
  { openai = name, snapshot }: { openai?: string; snapshot?: string } = {},
): GptModel {
  const names = snapshot === undefined ? [] : [snapshot];
  return { name, aliases: [...names, `openai/${name}`], ...shape, openai };
}

export const gptModels: readonly GptModel[] = [
  gptModel('gpt-image-2', free, { snapshot: 'gpt-image-2-2026-04-21' }),
  gptModel('gpt-image-2.6-sunburst', free),
  gptModel('gpt-image-2.6-flare', free),
  gptModel('gpt-image-2.5-sunburst', free, { snapshot: 'gpt-image-2.5-sunburst-2026-09-08' }),
  gptModel('gpt-image-2.5-flare', free, { snapshot: 'gpt-image-2.5-flare-2026-09-08' }),
  gptModel('gpt-image-1.5', fixed, { openai: successor, snapshot: 'gpt-image-1.5-2025-12-16' }),
  gptModel('gpt-image-1-mini', fixed, { openai: successor }),
  gptModel('gpt-image-1', fixed, { openai: successor }),
  gptModel('chatgpt-image-latest', fixed, { openai: successor }),
];
