// Everything by which this wire says no.

import type { TaskFailure } from '../../core/errors.ts';
import { safeText } from '../../lib/safe-text.ts';
import { httpFailure } from '../http-failure.ts';
import type { Answer } from '../transport.ts';
import { readErrorBody } from './error-body.ts';
import { meaningOf } from './meanings.ts';

/** How much of a message is looked through for words with a meaning. */
const longestWords = 4_000;
/** What OpenAI's sentences tell of the account: the key but for its middle, the organisation, the project. */
const ofTheAccount = /\bsk-[\w*-]+|\borg-\w+|\bproj_\w+/g;

/** Why an answer with an error status failed. `secrets` never appear in it; `billable` as in `ErrorAnswer`. */
export function errorFailure(
  { status, headers, json }: Pick<Answer, 'status' | 'headers' | 'json'>,
  context: { upstream: string; now: number; secrets: readonly string[]; billable: boolean },
): TaskFailure {
  const { upstream, secrets, billable } = context;
  const error = readErrorBody(json);
  const failure = httpFailure(
    {
      upstream,
      status,
      headers,
      recognised: error.recognised,
      message: error.message.replaceAll(ofTheAccount, '[removed]'),
      codes: error.code === '' ? [] : [error.code],
      means: meaningOf(status, error, safeText(error.message, secrets, longestWords)),
      billable,
    },
    context,
  );
  // What was refused only after it was made may be charged.
  return error.afterwards ? { ...failure, maybeBilled: true } : failure;
}

/** A body that is no result, or one that can't be read, at a status that promised a result. */
export function unreadableFailure(upstream: string, upstreamReason: string): TaskFailure {
  return {
    type: 'upstream_unavailable',
    message: `The answer of ${upstream} could not be read (${upstreamReason}). Trying again may help; the call may have been billed.`,
    retryable: true,
    upstreamReason,
    maybeBilled: true,
    unknownOutcome: true,
  };
}

export function noPictureFailure(upstream: string): TaskFailure {
  return {
    type: 'no_image',
    message: `${upstream} answered without a picture. Trying again may help, as may another prompt; the call may have been billed.`,
    retryable: true,
    upstreamReason: 'no picture in the answer',
    maybeBilled: true,
  };
}
