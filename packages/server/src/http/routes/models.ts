// The models that a client may name, for programs: what the front page shows people.

import type { ModelsData } from '@plantain/client';
import type { ModelTable } from '../../core/models/models.ts';
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
}

export const modelRoutes = {
  listModels: route({
    method: 'get',
    path: '/api/models',
    tag: 'Tasks',
    summary: 'The models that tasks may name, and what each can do',
    access: key,
    answers: data('Models', 'The models'),
  }),
};

export function modelsFace({ serve, models, defaultModel }: ModelsParts): Face {
  const shown: ModelsData = {
    models: models.all.map(
      ({ name, aliases, ratios, sizes, maxInputs, takesSeed = false, takesMask = false, standIn }) => ({
        name,
        aliases: [...aliases],
        aspect_ratios: [...ratios],
        image_sizes: [...sizes],
        max_inputs: maxInputs,
        takes_seed: takesSeed,
        takes_mask: takesMask,
        ...(standIn === undefined ? {} : { stand_in: standIn }),
      }),
    ),
    default_model: models.find(defaultModel)?.name ?? defaultModel,
  };
  const dataText = JSON.stringify(shown);
  return serve(modelRoutes, { listModels: () => ({ dataText }) });
}
