// The models as OpenAI's clients list them.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import { type Caller, mayUseModel } from '../../../core/keys/keys.ts';
import type { Model, ModelTable } from '../../../core/models/models.ts';
import type { OpenAiModel, OpenAiModels } from './answers.ts';
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
    openAiModels(call: ModelCall): FastifyReply {
      const data = models.all.filter((model) => mayUse(call, model)).map(({ name }) => shown(name));
      return sendJson(call.reply, { object: 'list', data } satisfies OpenAiModels);
    },
    openAiModel(call: ModelCall & { params: { model: string } }): FastifyReply {
      const { model: name } = call.params;
      const model = models.findNamed(name)?.model;
      if (model === undefined || !mayUse(call, model))
        throw new RequestError('not_found', 'There is no model of this name that this key may use.');
      return sendJson(call.reply, shown(name));
    },
  };
}

function shown(id: string): OpenAiModel {
  const architecture = {
    input_modalities: ['text', 'image'],
    output_modalities: ['image', 'text'],
  };
  return { id, object: 'model', created: 0, owned_by: 'plantain', name: id, architecture };
}
