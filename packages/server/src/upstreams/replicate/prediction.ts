// Reads a prediction: whether it goes on, how it ended, and the links to what it made.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Answer } from '../transport.ts';
import {
  goneFailure,
  noImageFailure,
  predictionFailure,
  stoppedFailure,
  unreadableFailure,
} from './failures.ts';

const prediction = z.object({
  status: z.enum(['starting', 'processing', 'succeeded', 'failed', 'canceled', 'aborted']),
  output: z.unknown(),
  error: z.string().catch(''),
  metrics: z.object({ predict_time: z.number() }).optional().catch(undefined),
  data_removed: z.boolean().catch(false),
});

/** `links` are http links, perhaps relative, or data URIs, at least one. */
export type PredictionState =
  { kind: 'going on' } | { kind: 'succeeded'; links: string[] } | { kind: 'ended'; failure: TaskFailure };

/** Throws `TaskError` for an answer that is no prediction. `secrets` never appear in a failure. */
export function readPrediction(answer: Pick<Answer, 'json'>, secrets: readonly string[]): PredictionState {
  const { data } = prediction.safeParse(answer.json);
  if (data === undefined) throw new TaskError(unreadableFailure('ask'));
  const { status } = data;
  if (status === 'starting' || status === 'processing') return { kind: 'going on' };
  if (status === 'canceled' || status === 'aborted')
    return { kind: 'ended', failure: stoppedFailure(status) };
  if (status === 'failed') {
    const ran = (data.metrics?.predict_time ?? 0) > 0;
    const failure = predictionFailure(data.error, { ran, secrets });
    return { kind: 'ended', failure };
  }
  const links = [data.output].flat().filter(isLink);
  if (links.length > 0) return { kind: 'succeeded', links };
  return {
    kind: 'ended',
    failure: data.data_removed ? goneFailure('output removed') : noImageFailure(),
  };
}

function isLink(value: unknown): value is string {
  return typeof value === 'string' && /^(?:https?:|data:|\/)/i.test(value);
}
