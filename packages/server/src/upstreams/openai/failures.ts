// Failures of the Images API, by its error answers and by answers without a picture.

import type { TaskFailure } from '../../core/errors.ts';
import { httpFailure } from '../failures/http-failure.ts';
import { type Body, searchedWords } from '../failures/error-words.ts';
import type { Answer } from '../transport.ts';
import { readErrorBody } from './error-body.ts';
import { meaningOf } from './meanings.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

/** Parts of OpenAI's sentences that name the account: the key but for its middle, the organisation, the project. */
const ofTheAccount = /\bsk-[\w*-]+|\borg-\w+|\bproj_\w+/g;

/** Failure of a call that was answered with an error status. `secrets` never appear in it; `billable` as in `ErrorAnswer`. */
export function errorFailure(
  answer: Pick<Answer, 'status' | 'headers'> & Body,
  context: { upstream: string; now: number; secrets: readonly string[]; billable: boolean },
): TaskFailure {
  const { upstream, secrets, billable } = context;
  const { status, headers } = answer;
  const error = readErrorBody(answer.json);
  const failure = httpFailure(
    {
      upstream,
      status,
      headers,
      recognised: error.recognised,
      message: error.message.replaceAll(ofTheAccount, '[removed]'),
      codes: error.code === '' ? [] : [error.code],
      means: meaningOf(status, error, searchedWords(error.message, secrets)),
      billable,
      body: answer,
    },
    context,
  );
  // A picture that was refused only after it was made may be charged.
  return error.afterwards ? { ...failure, maybeBilled: true } : failure;
}

export function noPictureFailure(upstream: string): TaskFailure {
  const message = `${upstream} answered without a picture. Trying again may help, as may another prompt; the call may have been billed.`;
  return upstreamFailure('no_image', message, 'no picture in the answer', { maybeBilled: true });
}

/** xAI leaves the picture out and says that it did not respect its moderation. */
export function withheldFailure(upstream: string): TaskFailure {
  const message = `${upstream} made a picture and kept it back, as its content filter found it against the rules. Change the prompt or the pictures; the call may have been billed.`;
  return upstreamFailure('content_rejected', message, 'picture withheld', { maybeBilled: true });
}
