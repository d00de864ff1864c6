// From the fields of a body to a valid submission. Tolerant of what clients send; every fault is reported at once, by path,
// and what is ignored or changed is named in `warnings`.

import type { Fault } from '../../core/errors.ts';
import type { Model, ModelTable, NamedModel } from '../../core/models/models.ts';
import type { Submission, SubmittedInput } from '../../core/submit/submit.ts';
import type { TaskAction } from '../../core/tasks/task.ts';
import type { CheckWebhookUrl } from '../../core/webhooks/webhook-url.ts';
import type { Body } from '../body/body-fields.ts';
import { absent } from './member-names.ts';
import { readMembers, sentName, type Values } from './submission-members.ts';
import { readShape } from './submission-shape.ts';
import { optionsOf } from './option-members.ts';
import { readInputs, readMask } from './read-inputs.ts';
import { invalid } from '../refusals/invalid.ts';
import { isLinkMember } from './submit-names.ts';

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

/** Models that a refusal names. */
const maxNamed = 5;

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
  const inputs = readInputs(values, body.files, faults);
  const mask = readMask(values, body.files, faults);
  const action = given ?? (inputs.length > 0 ? 'edit' : 'generate');
  checkInputs(action, inputs, model, faults);
  if (mask !== undefined) checkMask({ action, mask, inputs, model }, limits, faults);
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
      inputs: mask === undefined ? inputs : [...inputs, mask],
      aspectRatio,
      imageSize,
      ...optionsOf(values),
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

function checkMask(
  {
    action,
    mask: { path },
    inputs,
    model,
  }: { action: TaskAction; mask: SubmittedInput; inputs: SubmittedInput[]; model: Model | undefined },
  { models }: SubmissionLimits,
  faults: Fault[],
): void {
  if (action === 'generate' && inputs.length === 0)
    faults.push({ path, message: 'goes with the picture of which a part is to change; there is none' });
  if (model === undefined || model.takesMask === true) return;
  const others = models.all.filter(({ takesMask }) => takesMask === true).map(({ name }) => name);
  const instead = others.length === 0 ? '' : `, or ask for ${others.slice(0, maxNamed).join(', ')}`;
  const message = `is not taken by ${model.name}: say in the prompt which part to change${instead}`;
  faults.push({ path, message });
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
