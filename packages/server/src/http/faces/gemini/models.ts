// The models as Google's clients list them: each by its name here and by Google's.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import { type Caller, mayUseModel } from '../../../core/keys/keys.ts';
import type { Model, ModelTable } from '../../../core/models/models.ts';
import type { Given } from '../../route/members.ts';
import type { GeminiModel, GeminiModels } from './answers.ts';
import { pageOf } from './paging.ts';
import { sendJson } from '../kit/send-json.ts';

export interface ModelParts {
  models: ModelTable;
}

interface ModelCall {
  caller: Caller;
  reply: FastifyReply;
}

/** Handlers of the calls for models. A key sees those that it may use. */
export function modelCalls({ models }: ModelParts) {
  const mayUse = ({ caller }: ModelCall, { name }: Model) => mayUseModel(caller, name);
  return {
    geminiModels(call: ModelCall & { query: Given }): FastifyReply {
      const shown = models.all
        .filter((model) => mayUse(call, model))
        .flatMap((model) => namesOf(model).map((name) => modelOf(name, model)));
      const { items, ...next } = pageOf(shown, call.query);
      return sendJson(call.reply, { models: items, ...next } satisfies GeminiModels);
    },
    geminiModel(call: ModelCall & { params: { model: string } }): FastifyReply {
      const { model: name } = call.params;
      const model = models.findNamed(name)?.model;
      if (model === undefined || !mayUse(call, model))
        throw new RequestError('not_found', 'There is no model of this name that this key may use.');
      return sendJson(call.reply, modelOf(name, model));
    },
  };
}

/** Some clients take those that begin with gemini- and no others. */
function namesOf({ name, aliases }: Model): string[] {
  return [name, ...aliases.filter((alias) => alias.startsWith('gemini-') && !alias.endsWith('-preview'))];
}

function modelOf(name: string, { name: known, sizes, ratios }: Model): GeminiModel {
  return {
    name: `models/${name}`,
    displayName: name === known ? name : `${name} (${known})`,
    description: `Makes pictures of ${sizes.join(', ')}, in the ratios ${ratios.join(', ')}`,
    version: '1',
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'batchGenerateContent'],
  };
}
