// Makes a result of an answer of status 200, or tells why there is none.

import { TaskError } from '../../core/errors.ts';
import type { Usage } from '../../core/upstreams/usage.ts';
import { asMeant } from '../answers/meant-answer.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { unreadError } from '../answers/unread-answer.ts';
import { readBody } from './answer-body.ts';
import type { AnswerBody, CountedTokens } from './answer-body.ts';
import { noPictureFailure, withheldFailure } from './failures.ts';

export interface ReadAnswer extends Pick<AnswerBody, 'pictures' | 'promised'> {
  usage: Usage | undefined;
}

/** An answer that says no with the status of a success, with the status that it means. */
export interface Refusal {
  refusal: Answer;
}

/**
 * Reads an answer: at least one picture or link to one, or the error that it holds instead. Throws `TaskError`, with what was
 * counted: `no_image`, `content_rejected`, or `upstream_unavailable` (answered) when it can't be read or every picture is damaged.
 */
export function readAnswer(
  answer: Answer,
  { upstream, secrets }: { upstream: string; secrets: readonly string[] },
): ReadAnswer | Refusal {
  const body = readBody(answer.json);
  if (body === undefined)
    throw unreadError(answer, { upstream, reason: 'not the JSON of an answer', secrets });
  const { pictures, promised } = body;
  const usage = body.usage === undefined ? undefined : readUsage(body.usage);
  if (pictures.length > 0) {
    if (pictures.every((each) => each === null))
      throw unreadError(answer, { upstream, reason: 'malformed base64', usage, secrets });
    return { pictures, promised, usage };
  }
  const refusal = asMeant(answer);
  if (!isOk(refusal)) return { refusal };
  if (body.withheld) throw new TaskError(withheldFailure(upstream), { usage });
  if (body.mayHoldOne)
    throw unreadError(answer, { upstream, reason: 'no picture that is known', usage, secrets });
  throw new TaskError(noPictureFailure(upstream), { usage });
}

/** Servers that count nothing say so with zeros, which is no usage. Output is pictures unless the details say otherwise. */
function readUsage(body: CountedTokens): Usage | undefined {
  const { input_tokens: input = 0, output_tokens: output = 0 } = body;
  if (input + output === 0) return undefined;
  return {
    input_tokens: input,
    input_image_tokens: body.input_tokens_details?.image_tokens ?? 0,
    output_tokens: output,
    output_image_tokens: body.output_tokens_details?.image_tokens ?? output,
    total_tokens: body.total_tokens ?? input + output,
  };
}
