// The models that a client may name, for programs: what the front page shows people.

import type { ModelsData } from '@plantain/client';
import type { ModelTable } from '../../core/models/models.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';

export interface ModelsParts {
  authorize: Authorize;
  models: ModelTable;
  /** As the settings name it. */
  defaultModel: string;
}

export function modelsFace({ authorize, models, defaultModel }: ModelsParts): Face {
  const data: ModelsData = {
    models: models.all.map(({ name, aliases, ratios, sizes, maxInputs, takesSeed = false, standIn }) => ({
      name,
      aliases: [...aliases],
      aspect_ratios: [...ratios],
      image_sizes: [...sizes],
      max_inputs: maxInputs,
      takes_seed: takesSeed,
      ...(standIn === undefined ? {} : { stand_in: standIn }),
    })),
    default_model: models.find(defaultModel)?.name ?? defaultModel,
  };
  const text = JSON.stringify(data);
  return (app, answers) => {
    app.get('/api/models', (request, reply) => {
      authorize(request.headers.authorization);
      return answers.success(request, reply, text);
    });
  };
}
