// From the fields of a body to a valid submission. Tolerant of what clients send; every fault is reported at once, by path,
// and what is ignored or changed is named in `warnings`.

import { nearestRatio } from '../core/capabilities.ts';
import { type Fault, RequestError } from '../core/errors.ts';
import type { Model, ModelTable } from '../core/models.ts';
import type { Submission, SubmittedInput } from '../core/submit.ts';
import type { ImageSize, TaskAction } from '../core/task.ts';
import type { CheckWebhookUrl } from '../core/webhook-url.ts';
import { parseSize } from './picture-size.ts';
import type { Body, BodyFile } from './body-fields.ts';
import { absent, readMembers, type Values } from './submission-members.ts';
import { linkMembers, shorten } from './submit-names.ts';

export interface SubmissionLimits {
  models: ModelTable;
  defaultModel: string;
  promptMaxCharacters: number;
  maxPictureBytes: number;
  defaultDeadlineSeconds: number;
  maxDeadlineSeconds: number;
  maxPictureLifetimeSeconds: number;
  checkWebhookUrl: CheckWebhookUrl;
}

export interface ReadSubmission {
  submission: Submission;
  warnings: string[];
}

/** Without an action given, a body with pictures is an edit. Throws `RequestError` (`invalid_request`) with every fault. */
export function readSubmission(
  given: TaskAction | undefined,
  body: Body,
  limits: SubmissionLimits,
): ReadSubmission {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const values = readMembers(body.fields, faults, warnings);
  const prompt = readPrompt(values, body.fields, limits, faults);
  const model = readModel(values, limits, faults);
  const inputs = readInputs(values, body.files, faults, warnings);
  const action = given ?? (inputs.length > 0 ? 'edit' : 'generate');
  checkInputs(action, inputs, model, faults);
  const { aspectRatio, imageSize } = readShape(values, model, faults, warnings);
  const deadlineSeconds = readDeadline(values, limits, faults);
  const { maxPictureLifetimeSeconds: longest } = limits;
  if ((values.expires_in_seconds ?? 0) > longest)
    faults.push({ path: 'expires_in_seconds', message: `must be at most ${longest}` });
  const callback = readCallback(values, limits, faults, warnings);
  if (faults.length > 0 || model === undefined) throw invalid(faults);
  const { seed, metadata, expires_in_seconds: expiresInSeconds } = values;
  return {
    submission: {
      action,
      model: model.name,
      prompt,
      inputs,
      aspectRatio,
      imageSize,
      ...(seed === undefined ? {} : { seed }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      ...callback,
      deadlineSeconds,
    },
    warnings,
  };
}

/** How many faults an answer lists. */
const mostDetails = 200;

/** The refusal that names every fault: the first ones in words, as many as anybody reads in its details. */
export function invalid(faults: Fault[]): RequestError {
  const sentences = faults.slice(0, 3).map(inWords);
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : '';
  return new RequestError('invalid_request', `The request is not valid: ${sentences.join('; ')}${more}.`, {
    details: faults.slice(0, mostDetails),
  });
}

/** Most messages go on with the path, and some are sentences of their own. */
function inWords({ path, message }: Fault): string {
  return /^[A-Z]/.test(message) ? `${path}: ${message.replace(/\.$/, '')}` : `${path} ${message}`;
}

function readPrompt(
  values: Values,
  fields: Body['fields'],
  limits: SubmissionLimits,
  faults: Fault[],
): string {
  // Half of a surrogate pair is no character: it can't be sent on as UTF-8.
  const prompt = (values.prompt ?? '').toWellFormed();
  if (prompt.trim() === '') {
    if (typeof fields['prompt'] === 'string' || absent(fields['prompt']))
      faults.push({ path: 'prompt', message: 'is required and must not be empty' });
  } else if (prompt.length > limits.promptMaxCharacters) {
    faults.push({
      path: 'prompt',
      message: `must have at most ${limits.promptMaxCharacters} characters, has ${prompt.length}`,
    });
  }
  return prompt;
}

function readModel(
  values: Values,
  { models, defaultModel }: SubmissionLimits,
  faults: Fault[],
): Model | undefined {
  const model = models.find(values.model ?? defaultModel);
  if (model === undefined)
    faults.push({
      path: 'model',
      message: `is not known here; known are ${models.all.map(({ name }) => name).join(', ')}`,
    });
  return model;
}

function readInputs(
  values: Values,
  files: BodyFile[],
  faults: Fault[],
  warnings: string[],
): SubmittedInput[] {
  const inputs: SubmittedInput[] = [];
  for (const name of linkMembers)
    for (const [index, link] of (values[name] ?? []).entries()) {
      // Some clients fill unused places of the list with nothing.
      if (!absent(link)) readLink(link, `${name}[${index}]`, inputs, faults);
    }
  const pictures = files.filter(({ name }) => name !== 'mask');
  if (pictures.length < files.length) warnings.push('"mask": masks are not taken, ignored');
  // Files are numbered behind the links that came under the same name.
  const next = new Map<string, number>(linkMembers.map((name) => [name, values[name]?.length ?? 0]));
  for (const { name, bytes } of pictures) {
    const index = next.get(name) ?? 0;
    next.set(name, index + 1);
    inputs.push({ kind: 'bytes', path: `${name === '' ? 'files' : shorten(name)}[${index}]`, bytes });
  }
  return inputs;
}

/** A `data:` URI is its bytes already, or what is wrong with it. */
function readLink(value: unknown, path: string, inputs: SubmittedInput[], faults: Fault[]): void {
  if (value instanceof Uint8Array) {
    inputs.push({ kind: 'bytes', path, bytes: value });
    return;
  }
  if (value instanceof Error) {
    faults.push({ path, message: value.message });
    return;
  }
  const link = typeof value === 'string' ? value.trim() : '';
  const url = URL.parse(link);
  if (url === null || !/^https?:$/.test(url.protocol))
    faults.push({ path, message: 'must be an http or https link, or a data: URI' });
  else if (link.length > 8_192) faults.push({ path, message: 'is longer than 8192 characters' });
  else inputs.push({ kind: 'url', path, url: link });
}

function checkInputs(
  action: TaskAction,
  inputs: SubmittedInput[],
  model: Model | undefined,
  faults: Fault[],
): void {
  const blamed = faults.some(({ path }) => path.startsWith('image'));
  if (action === 'edit' && inputs.length === 0 && !blamed)
    faults.push({ path: 'image_urls', message: 'is required: at least one picture to edit' });
  if (model !== undefined && inputs.length > model.maxInputs)
    faults.push({
      path: 'image_urls',
      message: `has ${inputs.length} pictures; ${model.name} takes at most ${model.maxInputs}`,
    });
}

/** `size` is how older clients say the ratio (`3x4`), and how the sibling family says the pixels (`1024x1536`). */
function readShape(values: Values, model: Model | undefined, faults: Fault[], warnings: string[]) {
  const shape = { aspectRatio: 'auto', imageSize: '1K' as ImageSize };
  const size = values.size === undefined ? undefined : parseSize(values.size);
  if (size === null)
    faults.push({
      path: 'size',
      message: 'must be auto, a ratio such as 3:4 or 3x4, or pixels such as 1024x1536',
    });
  const asked = values.aspect_ratio?.trim().toLowerCase().replaceAll('x', ':');
  const askedSize = values.image_size?.trim().toUpperCase();
  if (model === undefined) return shape;
  if (asked !== undefined) shape.aspectRatio = asked;
  else if (size) shape.aspectRatio = size.ratio === 'auto' ? 'auto' : nearestRatio(size.ratio, model.ratios);
  if (shape.aspectRatio !== 'auto' && !model.ratios.includes(shape.aspectRatio))
    faults.push({
      path: 'aspect_ratio',
      message: `must be auto or one that ${model.name} takes: ${model.ratios.join(' ')}`,
    });
  shape.imageSize = readImageSize(askedSize ?? size?.imageSize, model, faults, warnings);
  return shape;
}

function readImageSize(
  asked: string | undefined,
  model: Model,
  faults: Fault[],
  warnings: string[],
): ImageSize {
  const [smallest = '1K'] = model.sizes;
  if (asked === undefined || asked === 'AUTO') return model.sizes.includes('1K') ? '1K' : smallest;
  const known = model.sizes.find((size) => size === asked);
  if (known !== undefined) return known;
  // One size only, or the tier that the models of today have lost: the picture is made all the same.
  if (model.sizes.length === 1 || asked === '512')
    warnings.push(`image_size: ${model.name} has no such size, so the picture is made at ${smallest}`);
  else
    faults.push({
      path: 'image_size',
      message: `must be one that ${model.name} takes: ${model.sizes.join(' ')}`,
    });
  return smallest;
}

function readCallback(
  values: Values,
  { checkWebhookUrl }: SubmissionLimits,
  faults: Fault[],
  warnings: string[],
): Pick<Submission, 'callbackUrl' | 'callbackEvents'> {
  const { callback_url: callbackUrl, callback_events: callbackEvents } = values;
  if (callbackUrl === undefined) {
    if (callbackEvents !== undefined)
      warnings.push('callback_events: without a callback_url they have no effect');
    return {};
  }
  const fault = checkWebhookUrl(callbackUrl);
  if (fault !== null) faults.push({ path: 'callback_url', message: fault });
  return { callbackUrl, ...(callbackEvents === undefined ? {} : { callbackEvents }) };
}

function readDeadline(values: Values, limits: SubmissionLimits, faults: Fault[]): number {
  const asked = values.deadline_seconds ?? limits.defaultDeadlineSeconds;
  if (asked > limits.maxDeadlineSeconds)
    faults.push({ path: 'deadline_seconds', message: `must be at most ${limits.maxDeadlineSeconds}` });
  return asked;
}
