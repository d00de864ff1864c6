// Reads a prediction: whether it goes on, how it ended, and the pictures that it made.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import { lastEvent } from '../answers/answer-json.ts';
import { asMeantProblem } from '../api-calls.ts';
import type { Reading } from '../api-calls.ts';
import { errorWords } from '../failures/error-words.ts';
import { findOperationState, readOperationState } from '../operations/operation-state.ts';
import { isMembers } from '../answers/members.ts';
import { findPictures, holdsNone } from '../results/result-links.ts';
import type { ResultPictures } from '../results/result-links.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import {
  errorFailure,
  goneFailure,
  predictionFailure,
  stoppedFailure,
  unreadableFailure,
} from './failures.ts';

const prediction = z.object({
  error: z.unknown().optional(),
  output: z.unknown().optional(),
  metrics: z.object({ predict_time: z.number() }).optional().catch(undefined),
  data_removed: z.boolean().catch(false),
});

const notTheOutput: ReadonlySet<string> = new Set(['input', 'urls', 'logs', 'error']);

/** `pictures` may be none. */
export type PredictionState =
  | { kind: 'going on' }
  | { kind: 'succeeded'; pictures: ResultPictures; words: string }
  | { kind: 'ended'; failure: TaskFailure };

/** Throws `TaskError` for an answer that is no prediction. The secrets of `reading` never appear in a failure. */
export function readPrediction(answer: Answer, reading: Reading): PredictionState {
  const found = findOperationState(answer.json);
  const members = found?.members ?? membersOf(answer.json);
  // The prediction has the input's pictures and links of its own besides.
  const pictures = findPictures(membersWithout(notTheOutput, members));
  const told = readOperationState(found?.word);
  const isThere = pictures.links.length > 0;
  const state = isThere && (told === undefined || told === 'unknown') ? 'succeeded' : told;
  if (state === undefined) throw new TaskError(notAPrediction(answer, reading));
  if (state === 'goes on' || state === 'unknown') return { kind: 'going on' };
  if (state === 'stopped') return { kind: 'ended', failure: stoppedFailure(stopOf(found?.word)) };
  const data = prediction.parse(members);
  const error = errorWords(data.error);
  if (state === 'failed' || (holdsNone(pictures) && error !== '')) {
    const ran = state === 'succeeded' || (data.metrics?.predict_time ?? 0) > 0;
    const failure = predictionFailure(error, { ran, secrets: reading.secrets });
    // A model may fail behind the picture that it made, which is paid for.
    if (!isThere || failure.type === 'content_rejected') return { kind: 'ended', failure };
  }
  if (holdsNone(pictures) && data.data_removed)
    return { kind: 'ended', failure: goneFailure('output removed') };
  // A model of words writes them in pieces.
  const words = [data.output].flat().filter(isText).join('');
  return { kind: 'succeeded', pictures, words };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function membersOf(json: unknown): object {
  const last = lastEvent(json);
  return isMembers(last) ? last : {};
}

function membersWithout(names: ReadonlySet<string>, value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

/** An error in the place of a prediction says nothing of it. */
function notAPrediction(answer: Answer, reading: Reading): TaskFailure {
  const meant = asMeantProblem(answer);
  return isOk(meant) ? unreadableFailure() : errorFailure(meant, reading);
}

function stopOf(word: unknown): 'canceled' | 'aborted' {
  return /abort/i.test(String(word)) ? 'aborted' : 'canceled';
}
