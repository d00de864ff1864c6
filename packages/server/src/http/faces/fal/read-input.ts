// Input of an app: the members of fal's nano-banana, and of its apps for other models where they mean something here.

import * as z from 'zod';
import { type Fault, RequestError } from '../../../core/errors.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import type { TaskFace } from '../../../core/tasks/task.ts';
import type { Body, Fields } from '../../body/body-fields.ts';
import { readMember } from '../../route/members.ts';
import { absent } from '../../submit/member-names.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, readAsked } from '../kit/asked-task.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';

const pictureMembers = ['image_urls', 'image_url', 'images', 'image'] as const;
/** The first is that of OpenAI's models at fal, the second that of most others (npm @fal-ai/client 1.10.1, types/endpoints.d.ts). */
const maskMembers = ['mask_image_url', 'mask_url', 'mask'] as const;

/** Places of pictures: lists and links of fal's apps, and objects of its library's type `Image`. */
export const falPictures: NestedPictures = {
  uris: [...pictureMembers, 'url', ...maskMembers],
  base64: [],
};

/** Members that say how the answer is made. */
export const answerMembers = {
  output_format: z.enum(['png', 'jpeg', 'jpg', 'webp'], 'must be png, jpeg or webp').meta({
    description: 'The format to convert the pictures to; as the model made them where this is left out',
  }),
  sync_mode: z
    .boolean('must be true or false')
    .meta({ description: 'Whether the result has the pictures as data: URIs' }),
};

const taskMembers = [
  'prompt',
  'num_images',
  'aspect_ratio',
  'resolution',
  'image_size',
  'quality',
  'background',
  'moderation',
  'seed',
  'metadata',
  'deadline_seconds',
] as const;

/** Members without effect, by the values that ask for nothing else than what is done. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  limit_generations: [true, false],
  enable_web_search: [false],
  enable_google_search: [false],
  enable_safety_checker: [true],
  safety_tolerance: ['4', 4],
};
const known: ReadonlySet<string> = new Set([
  ...taskMembers,
  ...pictureMembers,
  ...maskMembers,
  ...Object.keys(answerMembers),
]);

export interface FalAsked {
  /** Id of the app, such as `fal-ai/nano-banana/edit`. */
  app: string;
  /** URL of the query string that is told of the end. */
  webhook?: unknown;
  /** Sentences on headers without effect. */
  warnings: readonly string[];
  /** Seconds for which the pictures are kept. */
  expiresInSeconds?: number | undefined;
}

/** Throws `RequestError` with every fault. */
export function readInput(
  { app, webhook, warnings: before, expiresInSeconds }: FalAsked,
  { fields }: Body,
  limits: SubmissionLimits,
): ReadSubmission {
  const faults: Fault[] = [];
  const face = readFace(fields, faults);
  const warnings = [...before, ...ignoredWarnings(ignoredIn(fields))];
  const { prompt, num_images, aspect_ratio, resolution, image_size, seed, metadata, deadline_seconds } =
    fields;
  const { quality, background, moderation } = fields;
  const asked = {
    ...(app.endsWith('/edit') ? { action: 'edit' as const } : {}),
    model: modelOf(app, limits.models),
    prompt,
    n: num_images,
    aspectRatio: aspect_ratio,
    imageSize: resolution,
    size: sizeOf(image_size),
    quality,
    background,
    moderation,
    seed,
    metadata,
    deadlineSeconds: deadline_seconds,
    callbackUrl: webhook,
    pictures: picturesIn(fields, pictureMembers),
    mask: maskIn(fields, faults),
  };
  const { submission, warnings: others } = readAsked(asked, limits, {
    names: { n: 'num_images', image_size: 'resolution', size: 'image_size', callback_url: 'fal_webhook' },
    faults,
  });
  return {
    submission: {
      ...submission,
      face,
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    },
    warnings: [...warnings, ...others],
  };
}

function readFace(fields: Fields, faults: Fault[]): TaskFace {
  const read = <Value>(name: keyof typeof answerMembers, schema: z.ZodType<Value>): Value | undefined => {
    const value = fields[name];
    if (absent(value)) return undefined;
    return readMember(schema, value, (message) => faults.push({ path: name, message }));
  };
  const format = read('output_format', answerMembers.output_format);
  const isInline = read('sync_mode', answerMembers.sync_mode) === true;
  return {
    name: 'fal',
    ...(format === undefined ? {} : { format: format === 'jpg' ? 'jpeg' : format }),
    ...(isInline ? { inline: true } : {}),
  };
}

function ignoredIn(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    absent(value) || known.has(name) || (Object.hasOwn(usual, name) && usual[name]?.includes(value))
      ? []
      : [name],
  );
}

/**
 * Finds the model by the whole id, by what stands before its path, and by its alias alone. Throws `RequestError` (`not_found`): an app may be
 * for films or sound, whose users want no picture instead.
 */
function modelOf(app: string, models: ModelTable): string {
  const [owner = '', alias = ''] = app.split('/');
  const found = [app, `${owner}/${alias}`, alias].find((name) => models.findNamed(name) !== undefined);
  if (found !== undefined) return found;
  throw new RequestError(
    'not_found',
    `No model here goes by the id of this app; model_names can give it one. Known are ${models.all.map(({ name }) => name).join(', ')}, with any owner before them.`,
  );
}

/** Sizes of fal's other apps by their names (https://fal.ai/models/fal-ai/flux/dev/api). */
const presets: Readonly<Record<string, string>> = {
  square_hd: '1:1',
  square: '1:1',
  portrait_4_3: '3:4',
  portrait_16_9: '9:16',
  landscape_4_3: '4:3',
  landscape_16_9: '16:9',
};

/** Gives a size in words: of a name, of `{ width, height }`, or as it came. */
function sizeOf(given: unknown): unknown {
  if (typeof given === 'string') return Object.hasOwn(presets, given) ? presets[given] : given;
  if (!isObject(given)) return given;
  const { width, height } = given;
  return typeof width === 'number' && typeof height === 'number' ? `${width}x${height}` : 'none';
}

/** A second mask is a fault, as is one in a list of several. */
function maskIn(fields: Fields, faults: Fault[]): AskedPicture | undefined {
  const [mask, other] = picturesIn(fields, maskMembers);
  if (other !== undefined)
    faults.push({ path: other.path, message: 'is one more mask; a request takes one' });
  return mask;
}

function picturesIn(fields: Fields, members: readonly string[]): AskedPicture[] {
  return members.flatMap((name) => {
    const value = fields[name];
    if (absent(value)) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((each, index) => {
      const path = Array.isArray(value) ? `${name}[${index}]` : name;
      return isObject(each) ? { path: `${path}.url`, value: each['url'] } : { path, value: each };
    });
  });
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);
