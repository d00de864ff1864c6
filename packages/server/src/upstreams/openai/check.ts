// Whether address and key work: a question for the list of models, which makes no picture and costs nothing.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { isPictureModel } from './models.ts';

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

export function createCheck({
  upstream,
  listModels,
  failureOf,
}: {
  /** Its name as people write it. */
  upstream: string;
  listModels: (signal: AbortSignal) => Promise<Answer>;
  /** Tells what an error answer means. */
  failureOf: (answer: Answer) => TaskFailure;
}): Upstream['check'] {
  return async (signal) => {
    const answer = await listModels(signal);
    if (!isOk(answer)) {
      const failure = failureOf(answer);
      // A key made for pictures alone may well not list models; to be told so proves address and key.
      if (failure.type === 'upstream_auth' && /missing scopes/i.test(failure.message))
        return 'the key is known; it may not list models';
      throw new TaskError(failure);
    }
    const models = modelList.safeParse(answer.json).data?.data;
    if (models === undefined) throw new TaskError(notModels(upstream));
    const own = models.filter(({ id }) => isPictureModel(id)).length;
    return `models listed: ${models.length}${own === 0 ? '' : `, of them OpenAI's for pictures: ${own}`}`;
  };
}

function notModels(upstream: string): TaskFailure {
  return {
    type: 'upstream_bad_request',
    message: `${upstream} answered, but not with a list of models. The operator should check the base URL; most end in /v1.`,
    retryable: false,
    upstreamReason: 'no list of models',
  };
}
