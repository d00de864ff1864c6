// The bodies of submits in the document: one description of each member that the server knows.

import * as z from 'zod';
import { maxPictures, taskActions } from '../../core/tasks/task.ts';
import { maxTasks } from '../submit/batch-submission.ts';
import { dryRunDescription } from '../submit/dry-run-answer.ts';
import { submitMembers } from '../submit/submission-members.ts';
import { bodyOf, memberSchemas, type JsonSchema } from './json-schema.ts';

const links = { items: { type: 'string' } };

/** Members that the server reads, with what a validator can't say of them. */
const described: Record<keyof typeof submitMembers, z.ZodType> = {
  prompt: submitMembers.prompt.meta({
    description: 'What to make; 32,000 characters at most by default',
    examples: ['a banana on the moon, watercolour'],
    minLength: 1,
  }),
  model: submitMembers.model.meta({
    description:
      'A model’s name or one of its aliases, also with a size behind it, such as nano-banana-2-4k; the server’s default where it is left out',
    examples: ['nano-banana-2.1'],
  }),
  image_urls: submitMembers.image_urls.meta({
    description:
      'Pictures: http(s) links, also to results and uploaded files, or data: URIs. An edit works on them; to a picture from a prompt they are references. Read under other names too, such as images, imageUrls, input_images, image_input and reference_images; as one text with commas between links; and as objects with url, image_url, b64_json or data',
    examples: [['https://pictures.example.com/cat.jpg']],
    ...links,
  }),
  aspect_ratio: submitMembers.aspect_ratio.meta({
    description: 'auto, or a ratio that the model takes',
    examples: ['16:9'],
    default: 'auto',
  }),
  image_size: submitMembers.image_size.meta({
    description: '1K, 2K or 4K, as the model takes; a ratio or pixels are read as in size',
    examples: ['2K'],
    default: '1K',
  }),
  size: submitMembers.size.meta({
    description:
      'The older form: a ratio such as 3x4, pixels such as 1024x1536, or a size such as 2K. aspect_ratio and image_size go before it',
    examples: ['1024x1536'],
  }),
  seed: submitMembers.seed.meta({ description: 'For upstreams that take one', examples: [7] }),
  count: submitMembers.count.meta({
    description:
      'How many pictures the task makes. It succeeds when at least one is there, and a warning says which are missing and why. Read under other names too, such as n, num_images and sampleCount. With a seed, each picture has the next one',
    examples: [4],
    default: 1,
  }),
  quality: submitMembers.quality.meta({
    description:
      'How much effort the picture is worth, to models that can be told so; a warning says where one was not told. A size such as 2K is read as image_size',
    default: 'auto',
  }),
  background: submitMembers.background.meta({
    description: 'What is behind the picture, to models that can be told so',
    default: 'auto',
  }),
  moderation: submitMembers.moderation.meta({
    description: 'How strict the model’s own rules are, to models that can be told so; not in an edit',
    default: 'auto',
  }),
  mask: z.string().meta({
    description:
      'One picture, as in image_urls, whose transparent parts are where the first of the pictures is to change. Refused where no upstream of the model takes one: takes_mask at /api/models. Read under other names too, such as mask_url and mask_image',
    examples: ['https://pictures.example.com/mask.png'],
  }),
  priority: submitMembers.priority.meta({
    description:
      'Place among the waiting tasks of the same owner: those of a higher priority are taken first. A key may ask for as much as its priority_max, which is 0 by default',
    examples: [0],
  }),
  deadline_seconds: submitMembers.deadline_seconds.meta({
    description: 'How long the task may take before it ends with deadline_exceeded; the server sets a limit',
    examples: [600],
  }),
  expires_in_seconds: submitMembers.expires_in_seconds.meta({
    description: 'How long the pictures are kept, and their links work, from the end of the task',
    examples: [86_400],
  }),
  metadata: submitMembers.metadata.meta({
    description:
      'Kept with the task, shown with it and searched for in lists: up to 50 members, names of 1 to 64 letters, digits, _, - or .',
    examples: [{ order: '1042' }],
    maxProperties: 50,
  }),
  callback_url: submitMembers.callback_url.meta({
    description: 'Where webhooks of this task go',
    examples: ['https://shop.example.com/hooks/pictures'],
  }),
  callback_events: submitMembers.callback_events.meta({
    description: 'Which of them; the ends of the task where it is left out',
  }),
};

/** Members that stand in the body of a submit, by no name of their own or without effect. */
const others: Record<string, JsonSchema> = {
  image_url: { type: 'array', ...links, description: 'As image_urls, as some clients call it' },
  image: { type: 'array', ...links, description: 'As image_urls, as some clients call it' },
  n: { type: 'integer', minimum: 1, maximum: maxPictures, description: 'As count' },
  oversea: { type: 'boolean', description: 'Taken, without effect' },
};
const key = { type: 'string', description: 'The API key, of a client that sends it in the body' };
const files = {
  type: 'array',
  items: { type: 'string', format: 'binary' },
  description: 'Picture files, under any field name; that of the name mask is the mask',
};
const action = {
  type: 'string',
  enum: taskActions,
  description: 'Where it is left out, a task with pictures is an edit',
};

export function createBodySchemas(): Record<BodyName, JsonSchema> {
  const ofBatch = { ...memberSchemas(described), ...others };
  const dryRun = { type: 'boolean', default: false, description: `As in the query: ${dryRunDescription}` };
  const members = { ...ofBatch, dry_run: dryRun, key };
  const tasks = {
    type: 'array',
    minItems: 1,
    maxItems: maxTasks,
    items: bodyOf({ ...ofBatch, action }),
    description:
      'Each like the body of a submit. What stands beside tasks goes for each that does not say otherwise',
  };
  return {
    SubmitBody: bodyOf(members, ['prompt']),
    SubmitForm: bodyOf({ ...members, files }, ['prompt']),
    BatchBody: bodyOf({ ...ofBatch, dry_run: dryRun, tasks }, ['tasks']),
  };
}

type BodyName = 'SubmitBody' | 'SubmitForm' | 'BatchBody';
const named = (name: BodyName) => ({ $ref: `#/components/schemas/${name}` });

/** The body of a submit in each of the forms that are taken. */
export function submitBody(example: object): object {
  return {
    required: true,
    content: {
      'application/json': { schema: named('SubmitBody'), example },
      'application/x-www-form-urlencoded': { schema: named('SubmitBody') },
      'multipart/form-data': { schema: named('SubmitForm') },
    },
  };
}

export const batchBody = {
  required: true,
  content: {
    'application/json': {
      schema: named('BatchBody'),
      example: {
        model: 'nano-banana-2.1',
        aspect_ratio: '16:9',
        tasks: [{ prompt: 'a red banana' }, { prompt: 'a blue banana', metadata: { order: '1042' } }],
      },
    },
  },
};
