// Reads a request for an interaction.

import type { Fields } from '../../../body/body-fields.ts';
import type { SubmissionLimits } from '../../../submit/submission.ts';
import type { AskedPicture } from '../../kit/asked-task.ts';
import { either, eitherObject, type Findings, isObject, warnOfOthers } from '../either.ts';
import { type GeminiRequest, maxInputsOf, pictureIn, systemIn } from '../read-contents.ts';
import { joinShapes, readModalities, readShape } from '../shape.ts';
import { readTurns, type Turn } from '../turns.ts';

export interface InteractionRequest extends GeminiRequest {
  isBackground: boolean;
  /** Whether the answer is a stream of events. */
  isStream: boolean;
}

const known = [
  'model',
  'input',
  'background',
  'stream',
  'store',
  'responseFormat',
  'responseModalities',
  'generationConfig',
  'systemInstruction',
  'previousInteractionId',
  'labels',
];
/** Members that ask for what is not done here, and must not be passed over. */
const refused: Readonly<Record<string, string>> = {
  agent: 'is not taken: there are no agents here',
  webhookConfig: 'is not taken: make an endpoint at /api/webhooks, or ask for the interaction',
  continuationToken: 'is not taken: no answer here is to be continued',
};

/** `earlier`: pictures of the interaction before. Throws `RequestError` (`not_found`) for a model that there is not. */
export function readInteraction(
  fields: Fields,
  { limits, earlier }: { limits: Pick<SubmissionLimits, 'models'>; earlier: readonly AskedPicture[] },
): InteractionRequest {
  const findings: Findings = { faults: [], warnings: [] };
  const way = readWay(fields, findings);
  const { model } = fields;
  if (typeof model !== 'string' || model === '')
    findings.faults.push({ path: 'model', message: 'is required: the name of a model' });
  const name = typeof model === 'string' ? model.replace(/^models\//, '') : '';
  const config = eitherObject(fields, 'generationConfig', '', findings);
  const imageConfig = eitherObject(config.object, 'imageConfig', config.path, findings);
  const shapes = [...formatsIn(fields, findings), imageConfig].map(({ object, path }) =>
    readShape(object, path, findings),
  );
  const { aspectRatio, imageSize, format, quality, asLink } = joinShapes(shapes, findings);
  const { withText } = readModalities(either(fields, 'responseModalities'), findings);
  const system = systemIn(either(fields, 'systemInstruction'), findings);
  const before: Turn[] = earlier.length === 0 ? [] : [{ isModel: true, texts: [], pictures: earlier }];
  const { prompt, pictures } = readTurns(
    [...before, ...turnsIn(fields['input'], findings)],
    {
      system,
      maxPictures: name === '' ? 0 : maxInputsOf(name, limits),
    },
    findings,
  );
  const seed = either(config.object, 'seed', config.path);
  warnOfOthers(fields, '', [...known, ...Object.keys(refused)], findings);
  warnOfOthers(config.object, config.path, ['imageConfig', 'seed'], findings);
  return {
    ...way,
    asked: {
      model: name,
      prompt,
      pictures,
      seed: seed.value,
      metadata: fields['labels'] ?? undefined,
      aspectRatio: aspectRatio.value,
      imageSize: imageSize.value,
    },
    sending: { format, quality, asLink, withText },
    names: {
      prompt: 'input',
      image_urls: 'input',
      aspect_ratio: aspectRatio.path,
      image_size: imageSize.path,
      seed: seed.path,
      metadata: 'labels',
    },
    findings,
  };
}

/** Reads whether the call is to wait and how it is to be answered, and refuses ways that there are not. */
function readWay(
  fields: Fields,
  { faults }: Findings,
): Pick<InteractionRequest, 'isBackground' | 'isStream'> {
  for (const [name, message] of Object.entries(refused)) {
    const { path, value } = either(fields, name);
    if (value !== undefined) faults.push({ path, message });
  }
  const isAsked = (name: 'background' | 'stream'): boolean => {
    const value = fields[name] ?? false;
    if (typeof value !== 'boolean') faults.push({ path: name, message: 'must be true or false' });
    return value === true;
  };
  return { isBackground: isAsked('background'), isStream: isAsked('stream') };
}

/** One format, or a list of them, of which those of other kinds have no effect. */
function formatsIn(fields: Fields, findings: Findings): { path: string; object: Fields }[] {
  const { path: at, value } = either(fields, 'responseFormat');
  if (value === undefined) return [];
  const list: unknown[] = (Array.isArray(value) ? (value as unknown[]) : [value]).slice(0, 10);
  return list.flatMap((object, index) => {
    const path = Array.isArray(value) ? `${at}[${index}]` : at;
    if (isObject(object) && (object['type'] === 'image' || object['type'] === undefined))
      return [{ path, object }];
    findings.warnings.push(`${path}: has no effect here`);
    return [];
  });
}

/** A text, one content, a list of contents, or steps with contents. */
function turnsIn(value: unknown, findings: Findings): Turn[] {
  if (typeof value === 'string') return [{ isModel: false, texts: [value], pictures: [] }];
  const isList = Array.isArray(value);
  const list: unknown[] = isList ? value : value === undefined || value === null ? [] : [value];
  const steps = list.filter(
    (each) => isObject(each) && typeof each['type'] === 'string' && each['type'].includes('_'),
  );
  if (steps.length === 0) return [turnOf(list, isList ? 'input' : undefined, false, findings)];
  return list.flatMap((step, index) => {
    if (!isObject(step)) return [turnOf([step], `input[${index}]`, false, findings)];
    const { type, content } = step;
    if (type !== 'user_input' && type !== 'model_output') return [];
    const contents: unknown[] = Array.isArray(content) ? content : [content ?? {}];
    return [turnOf(contents, `input[${index}].content`, type === 'model_output', findings)];
  });
}

/** `at` is the path of the list; `undefined` where `input` is the one content itself. */
function turnOf(
  contents: readonly unknown[],
  at: string | undefined,
  isModel: boolean,
  findings: Findings,
): Turn {
  const texts: string[] = [];
  const pictures: AskedPicture[] = [];
  for (const [index, content] of contents.entries()) {
    const path = at === undefined ? 'input' : `${at}[${index}]`;
    if (typeof content === 'string') texts.push(content);
    else if (!isObject(content)) findings.faults.push({ path, message: 'must be an object with a type' });
    else if (content['type'] === 'image')
      pictures.push(pictureIn(content, path, content['data'] === undefined ? 'uri' : 'data'));
    else if (typeof content['text'] === 'string') texts.push(content['text']);
    else findings.faults.push({ path, message: 'must be a text or an image' });
  }
  return { isModel, texts: texts.filter((text) => text !== ''), pictures };
}
