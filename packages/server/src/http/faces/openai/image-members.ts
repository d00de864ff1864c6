// Members of a picture request as OpenAI's clients send them. What makes the task goes to the reader of all submits; here is how the picture
// is to be sent, and what has no effect.

import * as z from 'zod';
import type { Fault } from '../../../core/errors.ts';
import type { RenditionFormat } from '../../../core/pictures/renditions.ts';
import type { Fields } from '../../body/body-fields.ts';
import { readMember } from '../../route/members.ts';
import { wholeNumber } from '../../route/number-members.ts';
import { absent } from '../../submit/member-names.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';

/** Forms send words. */
const yesOrNo = z.preprocess(
  (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  z.boolean('must be true or false'),
);

/** Members that say how the picture is sent. */
export const sendingMembers = {
  response_format: z.enum(['b64_json', 'url'], 'must be b64_json or url').meta({
    description: 'b64_json, the default, or url: a signed link, which no GPT model of OpenAI gives',
    default: 'b64_json',
  }),
  output_format: z.enum(['png', 'jpeg', 'webp'], 'must be png, jpeg or webp').meta({
    description: 'The format to convert the picture to; as the model made it where this is left out',
  }),
  output_compression: wholeNumber('must be a whole number from 0 to 100', { min: 0, max: 100 }).meta({
    description: 'The quality of jpeg and webp, 100 being the best',
  }),
  stream: yesOrNo.meta({ description: 'Whether the answer is a stream of events' }),
  partial_images: wholeNumber('must be a whole number from 0 to 3', { min: 0, max: 3 }).meta({
    description:
      'How many partial images the stream shows of each picture, at most; none where the model or its upstream gives none',
    default: 0,
  }),
};

/** Members that make the task, under the names that submits have. */
export const taskMembers = [
  'prompt',
  'model',
  'n',
  'size',
  'aspect_ratio',
  'image_size',
  'seed',
  'quality',
  'background',
  'moderation',
  'metadata',
  'deadline_seconds',
] as const;

/** Members that are for OpenAI's books, and change no picture. */
const silent: ReadonlySet<string> = new Set(['user', 'safety_identifier', 'key']);

export interface Sending {
  asLink: boolean;
  isStream: boolean;
  /** 0 to 3; 0 without a stream. */
  partialImages: number;
  /** Format to convert to; `undefined` leaves the picture as it is. */
  format: RenditionFormat | undefined;
  /** 1 to 100. */
  quality: number | undefined;
}

/** Reads how the picture is to be sent; adds faults, and a warning for each member without effect. `known` are read elsewhere. */
export function readSending(
  fields: Fields,
  known: ReadonlySet<string>,
  { faults, warnings }: { faults: Fault[]; warnings: string[] },
): Sending {
  const values: Partial<{ [Name in keyof typeof sendingMembers]: z.output<(typeof sendingMembers)[Name]> }> =
    {};
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (absent(value) || known.has(name) || silent.has(name)) continue;
    const member = Object.hasOwn(sendingMembers, name)
      ? sendingMembers[name as keyof typeof sendingMembers]
      : undefined;
    if (member === undefined) {
      ignored.push(name);
      continue;
    }
    const read = readMember<unknown>(member, value, (message) => faults.push({ path: name, message }));
    Object.assign(values, { [name]: read });
  }
  warnings.push(...ignoredWarnings(ignored));
  const isStream = values.stream === true;
  const partialImages = values.partial_images ?? 0;
  if (partialImages > 0 && !isStream) warnings.push('partial_images: has no effect without stream');
  const { output_format: format, output_compression: compression } = values;
  const isLossy = format === 'jpeg' || format === 'webp';
  if (compression !== undefined && !isLossy)
    warnings.push('output_compression: has no effect without output_format jpeg or webp');
  return {
    asLink: values.response_format === 'url',
    isStream,
    partialImages: isStream ? partialImages : 0,
    format,
    quality: isLossy && compression !== undefined ? Math.max(1, compression) : undefined,
  };
}
