// Members of a chat completion beside its messages: those that shape the picture and its answer, those that other programs always send, and what
// asks for text, of which this server makes none.

import * as z from 'zod';
import type { Fault } from '../../../core/errors.ts';
import type { Fields } from '../../body/body-fields.ts';
import { readMember } from '../../route/members.ts';
import { absent } from '../../submit/member-names.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';
import { isObject } from './messages.ts';

const places = ['both', 'images', 'content'] as const;

/** Members that say how the answer is made. */
export const answerMembers = {
  modalities: z.array(z.string('must be a list of words'), 'must be a list of words').meta({
    description:
      'With image in it, or left out: there is nothing else here. Without text in it, the answer is images alone',
    examples: [['image', 'text']],
  }),
  pictures_in: z.enum(places, `must be ${places.join(', ')}`).meta({
    description:
      'Where the pictures are: images of the message, its content as Markdown with links, or both, which is the default. For clients that show both',
    default: 'both',
  }),
  stream: z
    .boolean('must be true or false')
    .meta({ description: 'Whether the answer is a stream of events' }),
};

/** Members that make the task, under the names that submits have. */
const taskMembers = [
  'model',
  'messages',
  'n',
  'size',
  'aspect_ratio',
  'image_size',
  'image_config',
  'seed',
  'metadata',
  'deadline_seconds',
  'response_format',
  'stream_options',
  'usage',
] as const;

const known: ReadonlySet<string> = new Set(taskMembers);

/** Members for models that write, which chat programs send with every request. */
const silent: ReadonlySet<string> = new Set([
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'max_tokens',
  'max_completion_tokens',
  'presence_penalty',
  'frequency_penalty',
  'repetition_penalty',
  'stop',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'store',
  'service_tier',
  'reasoning',
  'reasoning_effort',
  'include_reasoning',
  'verbosity',
  'tool_choice',
  'parallel_tool_calls',
  'provider',
  'transforms',
  'route',
  'key',
]);

export interface Answering {
  isStream: boolean;
  /** Whether the stream ends with what was used. */
  tellsUsage: boolean;
  /** Whether `images` has links instead of the pictures themselves. */
  asLinks: boolean;
  inImages: boolean;
  inContent: boolean;
  /** Whether the request says that it wants a picture. */
  wantsPicture: boolean;
}

/** Reads how to answer; adds faults, among them that text is asked for, and a warning for each member without effect. */
export function readAnswering(
  fields: Fields,
  { faults, warnings }: { faults: Fault[]; warnings: string[] },
): Answering {
  const values: Partial<{ [Name in keyof typeof answerMembers]: z.output<(typeof answerMembers)[Name]> }> =
    {};
  for (const [name, member] of Object.entries<z.ZodType>(answerMembers)) {
    if (absent(fields[name])) continue;
    const read = readMember(member, fields[name], (message) => faults.push({ path: name, message }));
    Object.assign(values, { [name]: read });
  }
  warnings.push(...ignoredWarnings(Object.keys(fields).filter((name) => isIgnored(name, fields[name]))));
  const { modalities = [], stream: isStream = false, pictures_in: place } = values;
  const [wantsPicture, wantsText] = ['image', 'text'].map((word) => modalities.includes(word));
  if (modalities.length > 0 && wantsPicture === false)
    faults.push({
      path: 'modalities',
      message: 'must have image in it: this server makes pictures, and no text',
    });
  const onlyImages = modalities.length > 0 && wantsText === false;
  return {
    isStream,
    tellsUsage: isTrue(fields['stream_options'], 'include_usage') || isTrue(fields['usage'], 'include'),
    asLinks: readFormat(fields['response_format'], faults),
    inImages: place !== 'content',
    inContent: place === undefined ? !onlyImages : place !== 'images',
    wantsPicture:
      wantsPicture === true ||
      ['image_config', 'size', 'aspect_ratio', 'image_size'].some((name) => !absent(fields[name])),
  };
}

function isIgnored(name: string, value: unknown): boolean {
  if (absent(value) || known.has(name) || silent.has(name) || Object.hasOwn(answerMembers, name))
    return false;
  // Tools that are none, and switches that are off.
  return value !== false && !(Array.isArray(value) && value.length === 0);
}

const isTrue = (value: unknown, name: string): boolean => isObject(value) && value[name] === true;

/** A word, as in the Images API; the objects of chat completions ask for text. */
function readFormat(format: unknown, faults: Fault[]): boolean {
  if (absent(format) || format === 'b64_json' || format === 'url') return format === 'url';
  const type = isObject(format) ? format['type'] : undefined;
  if (type === 'json_object' || type === 'json_schema')
    faults.push({
      path: 'response_format',
      message: 'asks for JSON: this server makes pictures, and no text',
    });
  else if (type !== 'text') faults.push({ path: 'response_format', message: 'must be b64_json or url' });
  return false;
}
