// Reads a request for generateContent.

import { RequestError } from '../../../core/errors.ts';
import type { Fields } from '../../body/body-fields.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import type { SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, type AskedTask, type FaceNames } from '../kit/asked-task.ts';
import { either, eitherObject, type Findings, isObject, type Member, warnOfOthers } from './either.ts';
import { joinShapes, readModalities, readShape, type Sending } from './shape.ts';
import { readTurns, type Turn } from './turns.ts';

/** Places of pictures, in contents and in the input of interactions. */
export const geminiPlaces: NestedPictures = {
  uris: ['fileUri', 'file_uri', 'uri'],
  base64: ['data'],
  // Texts of the client's own, by names of its own.
  plain: ['labels', 'metadata'],
};

/** Request as it was read: what makes the task, and how the answer is to look. */
export interface GeminiRequest {
  asked: AskedTask;
  sending: Sending;
  /** Paths of members as the client spells them. */
  names: FaceNames;
  findings: Findings;
}

const known = ['contents', 'systemInstruction', 'generationConfig', 'labels', 'model', 'store'];
const knownConfig = ['imageConfig', 'responseFormat', 'responseModalities', 'candidateCount', 'seed'];

export function readContents(
  fields: Fields,
  model: string,
  limits: Pick<SubmissionLimits, 'models'>,
): GeminiRequest {
  const findings: Findings = { faults: [], warnings: [] };
  const config = eitherObject(fields, 'generationConfig', '', findings);
  const { path: at, object: members } = config;
  const imageConfig = eitherObject(members, 'imageConfig', at, findings);
  const responseFormat = eitherObject(members, 'responseFormat', at, findings);
  const image = eitherObject(responseFormat.object, 'image', responseFormat.path, findings);
  const shapes = [imageConfig, image].map(({ object, path }) => readShape(object, path, findings));
  const shape = joinShapes(shapes, findings);
  const { withText } = readModalities(either(members, 'responseModalities', at), findings);
  const contents = either(fields, 'contents');
  const turns = turnsIn(contents.value, findings);
  const system = systemIn(either(fields, 'systemInstruction'), findings);
  const { prompt, pictures } = readTurns(
    turns,
    { system, maxPictures: maxInputsOf(model, limits) },
    findings,
  );
  const n = either(members, 'candidateCount', at);
  const seed = either(members, 'seed', at);
  const labels = either(fields, 'labels');
  warnOfOthers(fields, '', known, findings);
  warnOfOthers(members, at, knownConfig, findings);
  const { aspectRatio, imageSize, format, quality, asLink } = shape;
  return {
    asked: {
      model,
      prompt,
      pictures,
      n: n.value,
      seed: seed.value,
      metadata: labels.value,
      aspectRatio: aspectRatio.value,
      imageSize: imageSize.value,
    },
    sending: { format, quality, asLink, withText },
    names: {
      prompt: 'contents',
      image_urls: 'contents',
      aspect_ratio: aspectRatio.path,
      image_size: imageSize.path,
      n: n.path,
      seed: seed.path,
      metadata: labels.path,
    },
    findings,
  };
}

/** Number of pictures that the model takes. Throws `RequestError` (`not_found`) for a name that nothing has. */
export function maxInputsOf(name: string, { models }: Pick<SubmissionLimits, 'models'>): number {
  const named = models.findNamed(name);
  if (named !== undefined) return named.model.maxInputs;
  const all = models.all.map((model) => model.name).join(', ');
  throw new RequestError('not_found', `There is no model of this name; there are ${all}.`);
}

/** A list of turns, one turn, or the text of one. */
function turnsIn(value: unknown, findings: Findings): Turn[] {
  if (typeof value === 'string') return [{ isModel: false, texts: [value], pictures: [] }];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((turn, index) => {
    const path = Array.isArray(value) ? `contents[${index}]` : 'contents';
    if (turn === undefined) return [];
    if (isObject(turn)) return [turnIn(turn, path, findings)];
    findings.faults.push({ path, message: 'must be an object with parts' });
    return [];
  });
}

function turnIn(turn: Fields, path: string, findings: Findings): Turn {
  const { parts = [], role } = turn;
  const list: unknown[] = Array.isArray(parts) ? parts : [parts];
  const read = list.map((part, index) => partIn(part, `${path}.parts[${index}]`, findings));
  return {
    isModel: role === 'model',
    texts: read.flatMap(({ text }) => text ?? []),
    pictures: read.flatMap(({ picture }) => picture ?? []),
  };
}

const knownPart = [
  'text',
  'inlineData',
  'fileData',
  'thought',
  'thoughtSignature',
  'mediaResolution',
  'partMetadata',
];

function partIn(part: unknown, path: string, findings: Findings): { text?: string; picture?: AskedPicture } {
  if (typeof part === 'string') return { text: part };
  if (!isObject(part)) {
    findings.faults.push({ path, message: 'must be an object with text, inlineData or fileData' });
    return {};
  }
  // Thoughts of the model are no part of its answer.
  if (part['thought'] === true) return {};
  warnOfOthers(part, path, knownPart, findings);
  const inline = either(part, 'inlineData', path);
  const file = either(part, 'fileData', path);
  const text = textIn({ path: `${path}.text`, value: part['text'] }, findings);
  return {
    ...(text === '' ? {} : { text }),
    ...(inline.value === undefined ? {} : { picture: pictureIn(inline.value, inline.path, 'data') }),
    ...(file.value === undefined ? {} : { picture: pictureIn(file.value, file.path, 'fileUri') }),
  };
}

/** The body's reader has put bytes in the place of base64 and of data: URIs. */
export function pictureIn(given: unknown, at: string, name: 'data' | 'fileUri' | 'uri'): AskedPicture {
  const { path, value } = isObject(given) ? either(given, name, at) : { path: at, value: undefined };
  const isThere =
    value instanceof Uint8Array ||
    value instanceof Error ||
    (typeof value === 'string' && value.trim() !== '');
  return { path, value: isThere ? value : new Error(`must be an object with ${name}`) };
}

/** Gives a text; a value that is none, or is too long for one, is a fault: the picture would be made without it. */
function textIn({ path, value }: Member, { faults }: Findings): string {
  if (typeof value === 'string') return value;
  if (value !== undefined && value !== null)
    faults.push({ path, message: value instanceof Error ? value.message : 'must be a text' });
  return '';
}

/** Reads a text, or parts with texts. */
export function systemIn({ path, value }: Member, findings: Findings): string {
  if (!isObject(value)) return textIn({ path, value }, findings);
  const { parts } = value;
  const list: unknown[] = Array.isArray(parts) ? parts : [parts];
  const texts = list.map((part, index) => {
    const at = Array.isArray(parts) ? `${path}.parts[${index}]` : `${path}.parts`;
    return isObject(part)
      ? textIn({ path: `${at}.text`, value: part['text'] }, findings)
      : textIn({ path: at, value: part }, findings);
  });
  return texts.filter((text) => text !== '').join('\n');
}
