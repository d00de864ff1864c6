// Everything by which Replicate says no: an error status while a prediction is made or asked after, and the `error` of a
// prediction that has failed, which is a sentence with at best a code in it.
// Sources: replicate.com/docs/topics/predictions/rate-limits and .../lifecycle, .../docs/reference/error-codes; the sentences with
// E001 to E005 are those of the helper that Replicate's partner models share; bodies of errors from public logs.

import { z } from 'zod';
import type { TaskFailure } from '../../core/errors.ts';
import { safeText } from '../../lib/safe-text.ts';
import type { Reading } from '../api-calls.ts';
import { asCharged } from '../failures/charging.ts';
import { errorWords } from '../failures/error-words.ts';
import { httpFailure, withQuote } from '../failures/http-failure.ts';
import type { Meaning } from '../failures/http-failure.ts';
import { saysMalformed, saysRefused } from '../failures/refusal-words.ts';
import type { Answer } from '../transport.ts';

/** Characters of a prediction's error that are searched for words with a meaning. */
const maxWordsLength = 4_000;

/** Statuses whose sentence may be about content; with others it is about the token, the rate or a fault of the server. */
const refusingStatuses: ReadonlySet<number> = new Set([400, 403, 422, 451]);

const text = z.string().optional().catch(undefined);
const errorBody = z.object({ title: text, retry_after: z.number().positive().optional().catch(undefined) });

/** Says with status 422 what others say with 404. */
const versionUnknown: Meaning = {
  type: 'upstream_bad_request',
  retryable: false,
  says: 'Replicate does not know this version of the model, or the token may not run it. The operator should check the routes.',
  modelUnknown: true,
};

const contentRefused: Meaning = {
  type: 'content_rejected',
  retryable: false,
  says: 'Replicate refused the prompt or a picture: a content filter found it against the rules. Change the prompt or the pictures.',
};

const noImageMade: Meaning = {
  type: 'no_image',
  retryable: true,
  says: 'The model at Replicate gave no picture for this prompt. Trying again often helps.',
};

const inputRefused: Meaning = {
  type: 'upstream_bad_request',
  retryable: false,
  says: 'The model at Replicate did not accept its input. Change the prompt, the pictures or the options.',
};

const failedOtherwise: Meaning = {
  type: 'upstream_unavailable',
  retryable: true,
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
      means: meaningOfError(answer.status, {
        title,
        words: safeText(message, known.secrets, maxWordsLength),
      }),
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
  const words = safeText(error, secrets, maxWordsLength);
  const { type, retryable, says } = meaningOf(words);
  const failure = {
    type,
    message: withQuote(says, error, { upstream: 'Replicate', secrets }),
    retryable,
    upstreamReason: /\bE\d{3,4}\b/.exec(words)?.[0] ?? 'prediction failed',
    ...(ran ? { maybeBilled: true } : {}),
  };
  return asCharged(failure, error, secrets);
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
  return {
    type: 'upstream_unavailable',
    message:
      'The prediction was stopped at Replicate, by somebody with the account or by a deadline there. Trying again may help.',
    retryable: true,
    upstreamReason: status,
    ...(status === 'canceled' ? { maybeBilled: true } : {}),
  };
}

/** Failure of a prediction that is gone, or its output: Replicate removes both after an hour. */
export function goneFailure(reason: 'prediction not found' | 'output removed'): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message:
      'Replicate no longer has the prediction or its picture, which it keeps for an hour. Trying again may help, and pays for a new picture.',
    retryable: true,
    upstreamReason: reason,
    maybeBilled: true,
    unknownOutcome: true,
  };
}

/** Failure of a prediction that succeeded without a picture. `said`: words in its place. */
export function noImageFailure(said: string, secrets: readonly string[]): TaskFailure {
  const says = 'The model at Replicate ended without a picture. Trying again often helps.';
  return {
    type: 'no_image',
    message: withQuote(says, said, { upstream: 'Replicate', secrets }),
    retryable: true,
    upstreamReason: 'no output',
    maybeBilled: true,
  };
}

/** Failure of a call that costs nothing and whose answer can't be read. */
export function unreadableFailure(): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message:
      'Replicate answered with something that is not its own form. Trying again may help; if it stays so, the operator should check the base URL.',
    retryable: true,
    upstreamReason: 'unreadable answer',
  };
}
