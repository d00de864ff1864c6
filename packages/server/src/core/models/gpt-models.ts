// OpenAI's picture models under their own names, for clients that name no others. An upstream of the kind `openai` serves them;
// where there is none, the default model does, and says so. An operator's route of one of these names makes a model of his own.
// Facts as of 2026-11-29. Each name and each snapshot but that of 1.5 stands in `ImageModel` of the npm package openai 7.59.0
// (resources/images.d.ts); that one, and when which model ends, on developers.openai.com/api/docs/deprecations.

import type { Model } from './models.ts';

/** The ratios that the models take which are free in their sizes, up to three times as wide as high. */
export const gptRatios: readonly string[] =
  '1:1 1:2 2:1 1:3 3:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 9:21 16:9 21:9'.split(' ');
/** The ratios of the three sizes that the first models have. */
const threeRatios: readonly string[] = ['1:1', '2:3', '3:2'];

export interface GptModel extends Model {
  /** Name of the model that serves it at OpenAI today. */
  openai: string;
}

const free = { sizes: ['1K', '2K', '4K'], ratios: gptRatios, maxInputs: 16 } as const;
const fixed = { sizes: ['1K'], ratios: threeRatios, maxInputs: 16 } as const;

/**
 * gpt-image-1 ended on 2026-10-23 and the others of its kind end on 2026-12-01. OpenAI names both models of 2.6 as replacements; this is
 * the quicker one. A model that stops any day serves nobody, so it is called already.
 */
const successor = 'gpt-image-2.6-flare';

/** Gateways, and clients made for them, write the vendor before the name. */
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
