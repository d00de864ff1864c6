// From the fields of a body to a valid submission. Tolerant of what clients send; every fault is reported at once, by path,
// and what is ignored or changed is named in `warnings`.

import { Buffer } from 'node:buffer';
import type { Fault } from '../../core/errors.ts';
import type { Model, ModelTable, NamedModel } from '../../core/models/models.ts';
import type { Submission, SubmittedInput } from '../../core/submit/submit.ts';
import type { TaskAction } from '../../core/tasks/task.ts';
import type { CheckWebhookUrl } from '../../core/webhooks/webhook-url.ts';
import type { Body, BodyFile } from '../body/body-fields.ts';
import { absent } from './member-names.ts';
import { readMembers, sentName, type Values } from './submission-members.ts';
import { readShape } from './submission-shape.ts';
import { maxLinks } from './picture-members.ts';
import { invalid, maxDetails } from '../refusals/invalid.ts';
import { isLinkMember, linkRank, shorten } from './submit-names.ts';

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
  const named = readModel(values, limits, faults, warnings);
  const model = named?.model;
  const inputs = readInputs(values, body.files, faults, warnings);
  const action = given ?? (inputs.length > 0 ? 'edit' : 'generate');
  checkInputs(action, inputs, model, faults);
  const { aspectRatio, imageSize } = readShape(values, named, faults, warnings);
  const deadlineSeconds = readDeadline(values, limits, faults);
  const { maxPictureLifetimeSeconds: longest } = limits;
  if ((values.expires_in_seconds ?? 0) > longest)
    faults.push({ path: sentName(values, 'expires_in_seconds'), message: `must be at most ${longest}` });
  const callback = readCallback(values, limits, faults, warnings);
  if (faults.length > 0 || model === undefined) throw invalid(faults);
  const { seed, count = 1, priority, metadata, expires_in_seconds: expiresInSeconds } = values;
  return {
    submission: {
      action,
      model: model.name,
      prompt,
      inputs,
      aspectRatio,
      imageSize,
      ...(seed === undefined ? {} : { seed }),
      ...(count === 1 ? {} : { count }),
      ...(priority === undefined ? {} : { priority }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      ...callback,
      deadlineSeconds,
    },
    warnings,
  };
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
  warnings: string[],
): NamedModel | undefined {
  let named = models.findNamed(values.model ?? defaultModel);
  if (named === undefined && values.sentAs.has('model')) {
    warnings.push(
      `${sentName(values, 'model')}: no model has this name, so ${defaultModel} makes the picture`,
    );
    named = models.findNamed(defaultModel);
  } else if (named === undefined)
    faults.push({
      path: 'model',
      message: `is not known here; known are ${models.all.map(({ name }) => name).join(', ')}`,
    });
  const { name, standIn } = named?.model ?? {};
  if (standIn !== undefined)
    warnings.push(`model: no upstream here serves ${name}, so ${standIn} makes the picture`);
  return named;
}

function readInputs(
  values: Values,
  files: BodyFile[],
  faults: Fault[],
  warnings: string[],
): SubmittedInput[] {
  const inputs: SubmittedInput[] = [];
  const given = [...values.pictures].toSorted(([one], [other]) => linkRank(one) - linkRank(other));
  for (const [name, links] of given) {
    const earlier = [...inputs];
    for (const [index, link] of links.entries()) {
      if (inputs.length > maxLinks || faults.length > maxDetails) break;
      // Some clients fill unused places of the list with nothing, and some send a picture under each name that a server may have for it.
      if (!absent(link) && !earlier.some((input) => isSame(input, link)))
        readLink(link, `${name}[${index}]`, inputs, faults);
    }
  }
  const pictures = files.filter(({ name }) => name !== 'mask');
  if (pictures.length < files.length) warnings.push('"mask": masks are not taken, ignored');
  // Files are numbered behind the links that came under the same name.
  const next = new Map(given.map(([name, links]) => [name, links.length]));
  for (const { name, bytes } of pictures) {
    const index = next.get(name) ?? 0;
    next.set(name, index + 1);
    const path = `${name === '' ? 'files' : shorten(name)}[${index}]`;
    const link = linkIn(bytes);
    if (link === undefined) inputs.push({ kind: 'bytes', path, bytes });
    else readLink(link, path, inputs, faults);
  }
  return inputs;
}

/** Some clients send a link as if it were the file. */
function linkIn(bytes: Uint8Array): string | undefined {
  const text = bytes.length > maxLinkLength ? '' : Buffer.from(bytes).toString('utf8').trim();
  return /^https?:\/\/\S+$/i.test(text) ? text : undefined;
}

/** Equal bytes of a body are the same ones. */
function isSame(input: SubmittedInput, link: unknown): boolean {
  return input.kind === 'url' ? input.url === link : input.kind === 'bytes' && input.bytes === link;
}

/** In characters; longer ones are not parsed. */
const maxLinkLength = 8_192;

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
  const isLink = /^https?:/i.test(link);
  if (isLink && link.length > maxLinkLength)
    faults.push({ path, message: `is longer than ${maxLinkLength} characters` });
  else if (isLink && URL.canParse(link)) inputs.push({ kind: 'url', path, url: link });
  else faults.push({ path, message: 'must be an http or https link, or a data: URI' });
}

function checkInputs(
  action: TaskAction,
  inputs: SubmittedInput[],
  model: Model | undefined,
  faults: Fault[],
): void {
  const blamed = faults.some(({ path }) => isLinkMember(path.split('[', 1)[0] ?? ''));
  if (action === 'edit' && inputs.length === 0 && !blamed)
    faults.push({ path: 'image_urls', message: 'is required: at least one picture to edit' });
  if (model !== undefined && inputs.length > model.maxInputs)
    faults.push({
      path: 'image_urls',
      message: `has ${inputs.length} pictures; ${model.name} takes at most ${model.maxInputs}`,
    });
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
  if (fault !== null) faults.push({ path: sentName(values, 'callback_url'), message: fault });
  return { callbackUrl, ...(callbackEvents === undefined ? {} : { callbackEvents }) };
}

function readDeadline(values: Values, limits: SubmissionLimits, faults: Fault[]): number {
  const asked = values.deadline_seconds ?? limits.defaultDeadlineSeconds;
  if (asked > limits.maxDeadlineSeconds)
    faults.push({
      path: sentName(values, 'deadline_seconds'),
      message: `must be at most ${limits.maxDeadlineSeconds}`,
    });
  return asked;
}
