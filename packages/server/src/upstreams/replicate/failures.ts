// Everything by which Replicate says no: an error status while a prediction is made or asked after, and the `error` of a
// prediction that has failed, which is a sentence with at best a code in it.
// Sources: replicate.com/docs/topics/predictions/rate-limits and .../lifecycle, .../docs/reference/error-codes; the sentences with
// E001 to E005 are those of the helper that Replicate's partner models share; bodies of errors from public logs.

import { z } from 'zod';
import type { TaskFailure } from '../../core/errors.ts';
import type { Reading } from '../api-calls.ts';
import { asCharged } from '../failures/charging.ts';
import { errorWords, searchedWords } from '../failures/error-words.ts';
import { httpFailure, withQuote } from '../failures/http-failure.ts';
import { refusingStatuses, saysMalformed, saysRefused } from '../failures/refusal-words.ts';
import type { Answer } from '../transport.ts';
import type { Meaning } from '../failures/upstream-failure.ts';
import { leftOpen, upstreamFailure } from '../failures/upstream-failure.ts';

const text = z.string().optional().catch(undefined);
const errorBody = z.object({ title: text, retry_after: z.number().positive().optional().catch(undefined) });

/** Says with status 422 what others say with 404. */
const versionUnknown: Meaning = {
  type: 'upstream_bad_request',
  says: 'Replicate does not know this version of the model, or the token may not run it. The operator should check the routes.',
  modelUnknown: true,
};

const contentRefused: Meaning = {
  type: 'content_rejected',
  says: 'Replicate refused the prompt or a picture: a content filter found it against the rules. Change the prompt or the pictures.',
};

const noImageMade: Meaning = {
  type: 'no_image',
  says: 'The model at Replicate gave no picture for this prompt. Trying again often helps.',
};

const inputRefused: Meaning = {
  type: 'upstream_bad_request',
  says: 'The model at Replicate did not accept its input. Change the prompt, the pictures or the options.',
};

const failedOtherwise: Meaning = {
  type: 'upstream_unavailable',
  says: 'The model at Replicate failed. Trying again later helps.',
};

/** Reads the meaning of an error answer to a request. For a prediction that was asked after it means nothing. */
export function errorFailure(answer: Answer, { billable, ...known }: Reading): TaskFailure {
  const { title, retry_after: retryAfter } = errorBody.safeParse(answer.json).data ?? {};
  const message = errorWords(answer.json);
  const inBody = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return httpFailure(
    {
      upstream: 'Replicate',
      status: answer.status,
      headers: { ...inBody, ...answer.headers },
      recognised: message !== '',
      message: message === title ? '' : message,
      codes: title === undefined ? [] : [title],
      means: meaningOfError(answer.status, { title, words: searchedWords(message, known.secrets) }),
      billable,
      body: answer,
    },
    known,
  );
}

function meaningOfError(status: number, { title, words }: { title: string | undefined; words: string }) {
  if (title === 'Invalid version or not permitted') return versionUnknown;
  return refusingStatuses.has(status) && saysRefused({ words }) ? contentRefused : undefined;
}

/**
 * Failure of a prediction, from its own words. The prompt is among the `secrets` and not taken for one of them; `ran`: whether
 * it is known to have used time that is charged for.
 */
export function predictionFailure(
  error: string,
  { ran, secrets }: { ran: boolean; secrets: readonly string[] },
): TaskFailure {
  const words = searchedWords(error, secrets);
  const { type, says } = meaningOf(words);
  const message = withQuote(says, error, { upstream: 'Replicate', secrets });
  const reason = /\bE\d{3,4}\b/.exec(words)?.[0] ?? 'prediction failed';
  return asCharged(upstreamFailure(type, message, reason, ran ? { maybeBilled: true } : {}), error, secrets);
}

function meaningOf(words: string): Meaning {
  if (saysRefused({ codes: words.match(/\bE\d{3}\b/g) ?? [], words })) return contentRefused;
  if (/\bno images?\b|did not (?:return|generate|produce|contain)|text[- ]only/i.test(words))
    return noImageMade;
  if (/\bE006\b/.test(words) || saysMalformed(words)) return inputRefused;
  // A fault of Replicate or Google.
  return failedOtherwise;
}

/**
 * Failure of a prediction that somebody, or a deadline at Replicate, ended. It is charged for when it ran, which `canceled` says and
 * `aborted` denies (replicate.com/changelog/2025-10-16-prediction-deadlines).
 */
export function stoppedFailure(status: 'canceled' | 'aborted'): TaskFailure {
  const message =
    'The prediction was stopped at Replicate, by somebody with the account or by a deadline there. Trying again may help.';
  return upstreamFailure(
    'upstream_unavailable',
    message,
    status,
    status === 'canceled' ? { maybeBilled: true } : {},
  );
}

/** Failure of a prediction that is gone, or its output: Replicate removes both after an hour. */
export function goneFailure(reason: 'prediction not found' | 'output removed'): TaskFailure {
  const message =
    'Replicate no longer has the prediction or its picture, which it keeps for an hour. Trying again may help, and pays for a new picture.';
  return upstreamFailure('upstream_unavailable', message, reason, leftOpen);
}

/** Failure of a prediction that succeeded without a picture. `said`: words in its place. */
export function noImageFailure(said: string, secrets: readonly string[]): TaskFailure {
  const says = 'The model at Replicate ended without a picture. Trying again often helps.';
  const message = withQuote(says, said, { upstream: 'Replicate', secrets });
  return upstreamFailure('no_image', message, 'no output', { maybeBilled: true });
}

/** Failure of a call that costs nothing and whose answer can't be read. */
export function unreadableFailure(): TaskFailure {
  const message =
    'Replicate answered with something that is not its own form. Trying again may help; if it stays so, the operator should check the base URL.';
  return upstreamFailure('upstream_unavailable', message, 'unreadable answer');
}
