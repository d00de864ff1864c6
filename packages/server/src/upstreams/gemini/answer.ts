// Makes a result of the answer of generateContent, or tells why there is none. Pictures inside the answer go before all others; where
// there is none, they are looked for in the words and among files. The stated MIME type is not even looked at, since it is known to
// be wrong (googleapis/python-genai issue 1824).

import { TaskError } from '../../core/errors.ts';
import type { UpstreamResult } from '../../core/upstreams/upstream.ts';
import { readDescription } from '../answers/answered-words.ts';
import { pictureBytes } from '../results/inline-picture.ts';
import type { InlinePicture } from '../results/inline-picture.ts';
import { maxPictures } from '../results/linked-pictures.ts';
import { asMeant } from '../answers/meant-answer.ts';
import { takePictures } from '../results/pictures-in-text.ts';
import { findPictures } from '../results/result-links.ts';
import { isOk } from '../transport.ts';
import type { Answer } from '../transport.ts';
import { unreadError } from '../answers/unread-answer.ts';
import { readBody } from './answer-body.ts';
import type { AnswerBody } from './answer-body.ts';
import { endingFailure, errorFailure, isRejection } from './failures.ts';
import { readUsage } from './usage.ts';

const unreadReason = ({ json }: Answer) =>
  json === undefined ? 'not JSON' : 'nothing known of Gemini in it';

type Given = Uint8Array | string | null;

export interface ReadAnswer {
  /** In their order, at least one that is not `null`: bytes, links to them, `null` for what is damaged. */
  pictures: Given[];
  /** How many there were: those beyond `maxPictures` are not read. */
  promised: number;
  /** Everything that stands beside them. */
  beside: Omit<UpstreamResult, 'pictures'>;
}

/**
 * Reads an answer of status 200. Throws `TaskError`, with the tokens that were counted all the same: `content_rejected` or
 * `no_image` when there is no picture, that of an error status when there is an error instead, `upstream_unavailable` (answered)
 * when the answer or every picture in it is damaged. `keys` never appear in the result, and `secrets` never in a message. `now`:
 * Unix milliseconds.
 */
export function readAnswer(
  answer: Answer,
  { keys, secrets, now }: { keys: readonly string[]; secrets: readonly string[]; now: number },
): ReadAnswer {
  const body = readBody(answer.json);
  const { pictures, promised, rest } = find(body, answer.json, secrets);
  const usage = readUsage(body.usageMetadata, { hasPictures: promised > 0 });
  if (promised === 0) {
    const meant = asMeant(answer);
    if (!isOk(meant)) throw new TaskError(errorFailure(meant, { now, secrets }), { usage });
    const mayHoldOne = !body.understood || body.fileUris.length > 0;
    if (mayHoldOne && !isRejection(body, secrets))
      throw unreadError(answer, { upstream: 'Gemini', reason: unreadReason(answer), usage, secrets });
    throw new TaskError(endingFailure(body, secrets), { usage });
  }
  if (pictures.every((each) => each === null))
    throw unreadError(answer, { upstream: 'Gemini', reason: 'malformed base64', usage, secrets });
  const beside = { ...readDescription(rest, keys), ...(usage === undefined ? {} : { usage }) };
  return { pictures, promised, beside };
}

interface Found {
  pictures: Given[];
  promised: number;
  /** The words without what was taken out of them. */
  rest: string;
}

/** Finds pictures in the places that are known of Gemini, else looks for them everywhere. */
function find(body: AnswerBody, json: unknown, secrets: readonly string[]): Found {
  if (body.pictures.length > 0) return ofParts(body);
  const beside = besideParts(body);
  if (beside.promised > 0 || body.understood || isRejection(body, secrets)) return beside;
  const { links, promised } = findPictures(json);
  return { pictures: links.slice(0, maxPictures).map(readLink), promised, rest: body.words };
}

function readLink(each: InlinePicture): Given {
  return typeof each !== 'string' || each === '' || isDataUri(each) ? pictureBytes(each) : each;
}

/** The pictures inside the answer. A gateway may well put an address there. */
function ofParts({ pictures, words }: AnswerBody): Found {
  const read = (each: InlinePicture) =>
    typeof each === 'string' && /^\s{0,9}https?:/i.test(each) ? each : pictureBytes(each);
  return { pictures: pictures.slice(0, maxPictures).map(read), promised: pictures.length, rest: words };
}

/** Where there is none: those that it names as files, and those in its words. */
function besideParts({ fileUris, picturesInWords, words }: AnswerBody): Found {
  const { pictures, rest } = takePictures(words);
  const all = [...fileUris.filter(canBeFetched), ...picturesInWords, ...pictures];
  return { pictures: all.slice(0, maxPictures).map(readLink), promised: all.length, rest };
}

/** Relative addresses can; `gs://` leads to a bucket of Google's. */
function canBeFetched(uri: InlinePicture): boolean {
  if (typeof uri !== 'string') return true;
  return isDataUri(uri) || /^\s{0,9}https?:/i.test(uri) || !/^\s{0,9}[a-z][\w+.-]{0,30}:/i.test(uri);
}

function isDataUri(text: string): boolean {
  return /^\s{0,9}data:/i.test(text);
}
