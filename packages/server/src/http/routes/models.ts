// The models that a client may name, for programs: what the front page shows people.

import type { ModelData, ModelsData } from '@plantain/client';
import type { Model, ModelTable } from '../../core/models/models.ts';
import type { Quote } from '../../core/models/quote.ts';
import { mayUseModel } from '../../core/keys/keys.ts';
import { key } from '../access/access.ts';
import type { Face } from '../app.ts';
import { data } from '../route/forms.ts';
import { route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';

export interface ModelsParts {
  serve: Serve;
  models: ModelTable;
  /** As the settings name it. */
  defaultModel: string;
  quote: Quote;
}

export const modelRoutes = {
  listModels: route({
    method: 'get',
    path: '/api/models',
    tag: 'Tasks',
    summary: 'The models that tasks of the key may name, what each can do, and what it costs',
    access: key,
    answers: data('Models', 'The models'),
  }),
};

export function modelsFace({ serve, models, defaultModel, quote }: ModelsParts): Face {
  const shown = models.all.map((model) => shownModel(model, quote));
  const default_model = models.find(defaultModel)?.name ?? defaultModel;
  const textOf = (listed: ModelData[]) =>
    JSON.stringify({ models: listed, default_model } satisfies ModelsData);
  const allText = textOf(shown);
  return serve(modelRoutes, {
    listModels: ({ caller }) => ({
      dataText:
        caller.models === null ? allText : textOf(shown.filter(({ name }) => mayUseModel(caller, name))),
    }),
  });
}

function shownModel(
  { name, aliases, ratios, sizes, maxInputs, takesSeed = false, takesMask = false, standIn }: Model,
  quote: Quote,
): ModelData {
  const prices = sizes.flatMap((imageSize) => {
    const { estimatedMicroUsd } = quote({ model: name, imageSize, inputs: 0, promptLength: 0 });
    return estimatedMicroUsd === null ? [] : [[imageSize, estimatedMicroUsd] as const];
  });
  return {
    name,
    aliases: [...aliases],
    aspect_ratios: [...ratios],
    image_sizes: [...sizes],
    max_inputs: maxInputs,
    takes_seed: takesSeed,
    takes_mask: takesMask,
    ...(standIn === undefined ? {} : { stand_in: standIn }),
    picture_micro_usd: Object.fromEntries(prices),
  };
}
