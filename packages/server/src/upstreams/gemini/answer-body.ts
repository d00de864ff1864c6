// Reads what an answer of generateContent says into one form, whoever wrote it: in either spelling of names, as one object or as
// the chunks of a stream, wrapped or not, and with one thing where a list is meant. Only what is plainly something else is odd.

import { z } from 'zod';
import { inlinePicture } from '../results/inline-picture.ts';
import type { InlinePicture } from '../results/inline-picture.ts';
import { isMembers } from '../answers/members.ts';
import { toCamelCase } from './camel-case.ts';

/** Content of the parts, candidates and chunks of an answer together, in their order. Drafts and musings of the model are left out. */
export interface AnswerBody {
  /** Whether it is an answer at all, and nothing in it stands for something that is not known here. */
  understood: boolean;
  pictures: InlinePicture[];
  /** Links to pictures that Google, or a gateway, keeps as files; `data:` URIs, or their bytes. */
  fileUris: InlinePicture[];
  words: string;
  /** Pictures that were taken out of the words already. */
  picturesInWords: InlinePicture[];
  finishReasons: string[];
  blockReason: string | undefined;
  /** Words of Gemini about the ending: `finishMessage` and `blockReasonMessage`. */
  said: string;
  /** The last that was counted, as it was sent. */
  usageMetadata: unknown;
}

const text = z.string().optional().catch(undefined);
/** Of a finish reason; further ones have other numbers at Vertex AI. Of a block reason each says that the prompt was blocked. */
const reasonNames: ReadonlyMap<number, string> = new Map(
  ['STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER'].map((name, index) => [index + 1, name]),
);
/** Where the answer was long, a text may have been taken for a picture, or lost its pictures already. */
const textOrPictures = z.union([
  inlinePicture,
  z.object({ text: z.string(), pictures: z.array(inlinePicture) }),
]);
type TextOrPictures = z.infer<typeof textOrPictures> | undefined;
/** A name, or its number, as Google's Python client may write it. */
const reason = z
  .union([z.int().positive(), z.string()])
  .transform((told) => reasonNames.get(Number(told)) ?? String(told))
  .optional()
  .catch(undefined);
/** Null stands for what is not there. */
const oneOrMore = z
  .unknown()
  .transform((value): unknown[] => (value === null ? [] : [value].flat()))
  .optional();
const part = z.object({
  text: textOrPictures.optional().catch(undefined),
  thought: z.boolean().optional().catch(undefined),
  inlineData: z.object({ data: inlinePicture }).optional().catch(undefined),
  fileData: z.object({ fileUri: inlinePicture }).optional().catch(undefined),
});
const candidate = z.object({
  content: z.object({ parts: oneOrMore }).nullish(),
  finishReason: reason,
  finishMessage: text,
});
const chunk = z.object({
  candidates: oneOrMore,
  promptFeedback: z.object({ blockReason: reason, blockReasonMessage: text }).optional().catch(undefined),
  usageMetadata: z.unknown().optional(),
});

/** A stream of words has a part for each few of them. */
const maxParts = 10_000;

/** One of these stands in every answer of Gemini's. */
const membersOfAnswers = ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion', 'responseId'];
/** Members of a part that holds no picture. */
const otherParts = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
]);

/** `json`: as it was parsed, `undefined` where it was none. */
export function readBody(json: unknown): AnswerBody {
  const chunks = [toCamelCase(json)].flat().map(unwrapped);
  const read = chunks.map((each) => chunk.safeParse(each).data);
  const candidates = read
    .flatMap((each) => each?.candidates ?? [])
    .map((each) => (isMembers(each) ? candidate.safeParse(each).data : undefined));
  const raw = candidates.flatMap((each) => each?.content?.parts ?? []).slice(0, maxParts);
  const parts = raw.map(readPart);
  const shown = parts.filter((each) => each?.thought !== true);
  const feedback = read.find((each) => each?.promptFeedback?.blockReason !== undefined)?.promptFeedback;
  const understood = chunks.some(isAnswer) && [...candidates, ...parts].every((each) => each !== undefined);
  return {
    understood,
    pictures: present(shown.map((each) => each?.inlineData?.data)),
    fileUris: present(shown.map((each) => each?.fileData?.fileUri)),
    words: shown.map((each) => wordsOf(each?.text)).join(''),
    picturesInWords: shown.flatMap((each) => picturesOf(each?.text)),
    finishReasons: present(candidates.map((each) => each?.finishReason)),
    blockReason: feedback?.blockReason,
    said: present([feedback?.blockReasonMessage, ...candidates.map((each) => each?.finishMessage)]).join(' '),
    usageMetadata: present(read.map((each) => each?.usageMetadata)).at(-1),
  };
}

/** Google's gateways for its own tools put the answer into a `response`. */
function unwrapped(body: unknown): unknown {
  const inner = isMembers(body) ? body['response'] : undefined;
  return isAnswer(inner) && !isAnswer(body) ? inner : body;
}

function isAnswer(body: unknown): boolean {
  return isMembers(body) && membersOfAnswers.some((name) => Object.hasOwn(body, name));
}

/** Reads a part; `undefined` for one that may hold a picture in a form that is not known here. */
function readPart(value: unknown): z.infer<typeof part> | undefined {
  if (typeof value === 'string') return { text: value };
  const { data } = part.safeParse(value);
  if (data === undefined) return value === null ? {} : undefined;
  const isKnown =
    data.thought === true ||
    [data.text, data.inlineData, data.fileData].some((each) => each !== undefined) ||
    (isMembers(value) &&
      Object.entries(value).every(([name, each]) => each === null || otherParts.has(name)));
  return isKnown ? data : undefined;
}

function present<T>(values: readonly (T | null | undefined)[]): T[] {
  return values.filter((value) => value !== undefined && value !== null);
}

function wordsOf(said: TextOrPictures = ''): string {
  if (typeof said === 'string') return said;
  return said instanceof Uint8Array ? '' : said.text;
}

function picturesOf(said: TextOrPictures = ''): InlinePicture[] {
  if (typeof said === 'string') return [];
  return said instanceof Uint8Array ? [said] : said.pictures;
}
