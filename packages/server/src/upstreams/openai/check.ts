// Shows whether address and key work: a question for the list of models, which makes no picture and costs nothing.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { ApiCalls } from '../api-calls.ts';
import { isOk } from '../transport.ts';
import { errorFailure } from './failures.ts';
import { isPictureModel } from './models.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Gives a few words on what answered; throws `TaskError`. `upstream`: its name as people write it. */
export async function check(
  upstream: string,
  { call, reading }: ApiCalls,
  signal: AbortSignal,
): Promise<string> {
  const answer = await call('GET', ['models'], { signal });
  if (!isOk(answer)) {
    const failure = errorFailure(answer, { ...reading(''), upstream });
    // A key made for pictures alone may well not list models; to be told so proves address and key.
    if (failure.type === 'upstream_auth' && /missing scopes/i.test(failure.message))
      return 'the key is known; it may not list models';
    throw new TaskError(failure);
  }
  const models = modelList.safeParse(answer.json).data?.data;
  if (models === undefined) throw new TaskError(notModels(upstream));
  const own = models.filter(({ id }) => isPictureModel(id)).length;
  return `models listed: ${models.length}${own === 0 ? '' : `, of them OpenAI's for pictures: ${own}`}`;
}

function notModels(upstream: string): TaskFailure {
  const message = `${upstream} answered, but not with a list of models. The operator should check the base URL; most end in /v1.`;
  return upstreamFailure('upstream_bad_request', message, 'no list of models');
}
