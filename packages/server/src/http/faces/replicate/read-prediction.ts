// Body of a call that makes a prediction: `input` with the members of Google's and other vendors' picture models at Replicate.

import type { WebhookEventType } from '@plantain/client';
import { type Fault, RequestError } from '../../../core/errors.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import type { TaskFace } from '../../../core/tasks/task.ts';
import { finalEvents } from '../../../core/webhooks/webhook.ts';
import type { Body, Fields } from '../../body/body-fields.ts';
import { absent } from '../../submit/member-names.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, readAsked } from '../kit/asked-task.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';

const pictureMembers = ['image_input', 'images', 'image', 'input_images', 'input_image', 'reference_images'];

export const replicatePictures: NestedPictures = { uris: [...pictureMembers, 'mask'], base64: [] };

const taskMembers = [
  'prompt',
  'aspect_ratio',
  'resolution',
  'size',
  'num_outputs',
  'number_of_images',
  'quality',
  'background',
  'moderation',
  'seed',
  'output_format',
];
const known: ReadonlySet<string> = new Set([...taskMembers, ...pictureMembers, 'mask']);
/** Members without effect, by the values that ask for nothing else than what is done. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  google_search: [false],
  image_search: [false],
  allow_fallback_model: [false],
  safety_filter_level: ['block_only_high'],
  disable_safety_checker: [false],
};
const formats: Readonly<Record<string, NonNullable<TaskFace['format']>>> = {
  jpg: 'jpeg',
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
};

const names = {
  prompt: 'input.prompt',
  aspect_ratio: 'input.aspect_ratio',
  image_size: 'input.resolution',
  size: 'input.size',
  n: 'input.num_outputs',
  quality: 'input.quality',
  background: 'input.background',
  moderation: 'input.moderation',
  seed: 'input.seed',
  image_urls: 'input.image_input',
  callback_url: 'webhook',
} as const;

/** `named` are owner and name of the path; without them the body has a `version`. Throws `RequestError` with every fault. */
export function readPrediction(
  named: string | undefined,
  { fields }: Body,
  limits: SubmissionLimits,
): ReadSubmission {
  const faults: Fault[] = [];
  const input = isObject(fields['input']) ? fields['input'] : {};
  if (!isObject(fields['input']))
    faults.push({ path: 'input', message: 'is required, and must be an object' });
  const model =
    named === undefined ? versionIn(fields, limits.models, faults) : modelOf(named, limits.models);
  const { prompt, aspect_ratio: ratio, resolution, size, seed, output_format: format, mask } = input;
  const { quality, background, moderation } = input;
  const given = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (!absent(format) && given === undefined)
    faults.push({ path: 'input.output_format', message: 'must be jpg, png or webp' });
  const warnings = ignoredWarnings(ignoredIn(input).map((name) => `input.${name}`));
  const hook = readWebhook(fields, faults, warnings);
  const { submission, warnings: others } = readAsked(
    {
      model,
      prompt,
      n: input['num_outputs'] ?? input['number_of_images'],
      // Done anyway where there are pictures.
      aspectRatio: ratio === 'match_input_image' ? undefined : ratio,
      imageSize: resolution,
      size,
      quality,
      background,
      moderation,
      seed,
      callbackUrl: hook.url,
      pictures: picturesIn(input),
      mask: absent(mask) ? undefined : { path: 'input.mask', value: mask },
    },
    limits,
    { names, faults },
  );
  return {
    submission: {
      ...submission,
      ...(hook.url === undefined ? {} : { callbackEvents: hook.events }),
      face: { name: 'replicate', ...(given === undefined ? {} : { format: given }) },
    },
    warnings: [...warnings, ...others],
  };
}

interface Hook {
  url: unknown;
  events: readonly WebhookEventType[];
}

/** Events of Replicate by those of tasks. Pictures are there when the task ends, and logs are in every message. */
const hookEvents: Readonly<Record<string, readonly WebhookEventType[]>> = {
  start: ['task.running'],
  output: ['task.succeeded'],
  logs: [],
  completed: finalEvents,
};

function readWebhook(
  { webhook, webhook_events_filter: filter }: Fields,
  faults: Fault[],
  warnings: string[],
): Hook {
  const path = 'webhook_events_filter';
  const wanted: unknown[] = absent(filter) ? Object.keys(hookEvents) : [filter].flat().slice(0, 20);
  if (!wanted.every((event) => typeof event === 'string' && Object.hasOwn(hookEvents, event)))
    faults.push({ path, message: 'must be a list of start, output, logs and completed' });
  const events = [...new Set(wanted.flatMap((event) => hookEvents[String(event)] ?? []))];
  if (absent(webhook)) return { url: undefined, events };
  if (events.length > 0) return { url: webhook, events };
  warnings.push(`${path}: no event of these comes by itself, so nothing is sent`);
  return { url: undefined, events };
}

function ignoredIn(input: Fields): string[] {
  return Object.entries(input).flatMap(([name, value]) =>
    absent(value) || known.has(name) || (Object.hasOwn(usual, name) && usual[name]?.includes(value))
      ? []
      : [name],
  );
}

/** Throws `RequestError` (`not_found`): a model may be for films or sound, whose users want no picture instead. */
function modelOf(named: string, models: ModelTable): string {
  const found = candidates(named).find((name) => models.findNamed(name) !== undefined);
  if (found !== undefined) return found;
  throw new RequestError(
    'not_found',
    `No model here goes by this name; model_names can give it one. Known are ${models.all.map(({ name }) => name).join(', ')}, with any owner before them.`,
  );
}

function versionIn({ version }: Fields, models: ModelTable, faults: Fault[]): string | undefined {
  const named = typeof version === 'string' ? version.slice(0, 300) : '';
  const found = candidates(named).find((name) => models.findNamed(name) !== undefined);
  if (found === undefined)
    faults.push({
      path: 'version',
      message:
        'must be a model’s name, with or without an owner before it; model_names gives versions a model',
    });
  return found;
}

/** The whole, what stands before a version, and the name without its owner. */
function candidates(named: string): string[] {
  const [model = ''] = named.split(':');
  return [named, model, model.slice(model.indexOf('/') + 1)].filter((name) => name !== '');
}

function picturesIn(input: Fields): AskedPicture[] {
  return pictureMembers.flatMap((name) => {
    const value = input[name];
    if (absent(value)) return [];
    return Array.isArray(value)
      ? value.map((each: unknown, index) => ({ path: `input.${name}[${index}]`, value: each }))
      : [{ path: `input.${name}`, value }];
  });
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);
