// Models as OpenAI's clients list them, and those of the gateways that took the list over from it.

import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import { type Caller, mayUseModel } from '../../../core/keys/keys.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import { sendJson } from './send-json.ts';

export interface OpenAiModel {
  id: string;
  object: 'model';
  /** Always 0: nobody knows. */
  created: number;
  owned_by: string;
  /** Name that chat programs show. */
  name: string;
  /** Modalities as OpenRouter lists them, by which chat programs tell models that take and make pictures. */
  architecture: { input_modalities: string[]; output_modalities: string[] };
}

export interface OpenAiModels {
  object: 'list';
  data: OpenAiModel[];
}

export interface ModelParts {
  models: ModelTable;
}

interface ModelCall {
  caller: Caller;
  reply: FastifyReply;
}

/** Answers with the models that the key may use. */
export function sendModels({ models }: ModelParts, { caller, reply }: ModelCall): FastifyReply {
  const data = models.all.filter(({ name }) => mayUseModel(caller, name)).map(({ name }) => shown(name));
  return sendJson(reply, { object: 'list', data } satisfies OpenAiModels);
}

/** Answers with one model, by any of its names. Throws `RequestError` (`not_found`) for one that the key may not use. */
export function sendModel({ models }: ModelParts, { caller, reply }: ModelCall, name: string): FastifyReply {
  const model = models.findNamed(name)?.model;
  if (model === undefined || !mayUseModel(caller, model.name))
    throw new RequestError('not_found', 'There is no model of this name that this key may use.');
  return sendJson(reply, shown(name));
}

function shown(id: string): OpenAiModel {
  const architecture = {
    input_modalities: ['text', 'image'],
    output_modalities: ['image', 'text'],
  };
  return { id, object: 'model', created: 0, owned_by: 'plantain', name: id, architecture };
}
