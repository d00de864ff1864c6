// Makes a result of the answer of generateContent, or tells why there is none. Pictures inside the answer go before all others; where
// there is none, they are looked for in the words and among files. The stated MIME type is not even looked at, since it is known to
// be wrong (googleapis/python-genai issue 1824).

import { TaskError } from '../../core/errors.ts';
import type { UpstreamResult } from '../../core/upstream.ts';
import { readDescription } from '../answered-words.ts';
import { pictureBytes } from '../inline-picture.ts';
import { mostPictures } from '../linked-pictures.ts';
import { asMeant } from '../meant-answer.ts';
import { takePictures } from '../pictures-in-text.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { unreadError } from '../unread-answer.ts';
import { readBody } from './answer-body.ts';
import { endingFailure, errorFailure, isRejection } from './failures.ts';
import { readUsage } from './usage.ts';

export interface ReadAnswer {
  /** In their order, at least one that is not `null`: bytes, links to them, `null` for what is damaged. */
  pictures: (Uint8Array | string | null)[];
  /** How many there were; all but the first are left out beyond `mostPictures`. */
  promised: number;
  beside: Omit<UpstreamResult, 'pictures'>;
}

/**
 * What an answer of status 200 holds. Throws `TaskError`, with the tokens that were counted all the same: `content_rejected` or
 * `no_image` when there is no picture, that of an error status when there is an error instead, `upstream_unavailable` (answered)
 * when the answer or every picture in it is damaged. `keys` never appear in the result, and `secrets` never in a message. `now`:
 * Unix milliseconds.
 */
export function readAnswer(
  answer: Answer,
  { keys, secrets, now }: { keys: readonly string[]; secrets: readonly string[]; now: number },
): ReadAnswer {
  const body = readBody(answer.json);
  const { given, rest } =
    body.pictures.length > 0 ? { given: body.pictures, rest: body.words } : besides(body);
  const usage = readUsage(body.usageMetadata, { hasPictures: given.length > 0 });
  if (given.length === 0) {
    const meant = asMeant(answer);
    if (!isOk(meant)) throw new TaskError(errorFailure(meant, { now, secrets }), { usage });
    const mayHoldOne = !body.understood || body.fileUris.length > 0;
    if (mayHoldOne && !isRejection(body))
      throw unreadError(answer, { upstream: 'Gemini', reason: 'nothing that is known of Gemini', usage });
    throw new TaskError(endingFailure(body, secrets), { usage });
  }
  const pictures = given
    .slice(0, mostPictures)
    .map((each) => (typeof each === 'string' && /^https?:/i.test(each) ? each : pictureBytes(each)));
  if (pictures.every((each) => each === null))
    throw unreadError(answer, { upstream: 'Gemini', reason: 'malformed base64', usage });
  const beside = { ...readDescription(rest, keys), ...(usage === undefined ? {} : { usage }) };
  return { pictures, promised: given.length, beside };
}

/** Where no picture is inside the answer: those that it names, and those that its words hold. */
function besides({ fileUris, words }: ReturnType<typeof readBody>) {
  const links = fileUris.filter((uri) => /^(?:https?|data):/i.test(uri));
  const { pictures, rest } = takePictures(words);
  return { given: [...links, ...pictures], rest };
}
