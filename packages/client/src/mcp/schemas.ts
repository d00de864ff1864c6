// Schemas of the tools' arguments. They bound only the values that a tool itself uses; the server checks the others, with better messages.

import type { ArgumentsSchema, ListSchema, NumberSchema, TextSchema } from './arguments.ts';

export interface WaitArguments {
  wait_seconds?: number;
}

export interface GenerateArguments extends WaitArguments {
  prompt: string;
  model?: string;
  aspect_ratio?: string;
  image_size?: string;
  seed?: number;
  count?: number;
  quality?: 'auto' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  background?: 'auto' | 'opaque' | 'transparent';
  image_urls?: string[];
  dry_run?: boolean;
}

export type EditArguments = GenerateArguments & { image_urls: string[]; mask?: string };

export interface TaskArguments {
  task_id: string;
}

export interface UploadArguments {
  image: string;
  expires_in_seconds?: number;
}

export interface ListArguments {
  state?: 'pending' | 'running' | 'succeeded' | 'error';
  model?: string;
  limit?: number;
}

/** Below the 60 seconds that many hosts give a tool. */
export const defaultWaitSeconds = 50;
export const defaultListLimit = 20;

const waitSeconds: NumberSchema = {
  type: 'integer',
  minimum: 0,
  maximum: 600,
  description: `How long to wait for the end, in seconds; ${defaultWaitSeconds} where it is left out, 0 to come back at once.`,
};
const taskId: TextSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  description: 'The task_id that a submit gave.',
};
/** Bounds names, one of which becomes part of a URL: of a long name that alone takes seconds. */
const short = { type: 'string', maxLength: 200 } as const;
const submit = {
  prompt: { type: 'string', minLength: 1, description: 'What the picture is to show, or what is to change.' },
  model: { ...short, description: 'A name from list_models; the server has a default.' },
  aspect_ratio: { ...short, description: 'A ratio that the model has, such as 16:9, or auto.' },
  image_size: { ...short, description: '1K, 2K or 4K; larger costs more.' },
  seed: { type: 'integer', minimum: 0, description: 'For models that take one.' },
  count: { type: 'integer', minimum: 1, maximum: 10, description: 'How many pictures; each is paid for.' },
  quality: {
    type: 'string',
    enum: ['auto', 'low', 'medium', 'high', 'xhigh', 'max'],
    description: 'For models that can be told; more costs more.',
  },
  background: {
    type: 'string',
    enum: ['auto', 'opaque', 'transparent'],
    description: 'For models that can be told.',
  },
  dry_run: {
    type: 'boolean',
    description: 'true tells what it would cost and what is left, and makes nothing.',
  },
  wait_seconds: waitSeconds,
} as const;

const kindsOf = (files: boolean) =>
  files
    ? 'http(s) links, data: URIs, or files on this machine (a path, ~/path or file:// URL)'
    : 'http(s) links or data: URIs';
const pictures = (files: boolean, about: string): ListSchema => ({
  type: 'array',
  items: { type: 'string' },
  maxItems: 50,
  description: `${about}: ${kindsOf(files)}.`,
});

function toolArguments(
  properties: ArgumentsSchema['properties'],
  required: readonly string[] = [],
): ArgumentsSchema {
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

export const schemas = {
  generate: (files: boolean) =>
    toolArguments({ ...submit, image_urls: pictures(files, 'Pictures to go by, if any') }, ['prompt']),
  edit: (files: boolean) =>
    toolArguments(
      {
        ...submit,
        image_urls: { ...pictures(files, 'The pictures to edit or combine'), minItems: 1 },
        mask: {
          type: 'string',
          minLength: 1,
          description: `For models with takes_mask; where it is transparent, the first picture changes: one of ${kindsOf(files)}.`,
        },
      },
      ['prompt', 'image_urls'],
    ),
  upload: (files: boolean) =>
    toolArguments(
      {
        image: {
          type: 'string',
          minLength: 1,
          description: files
            ? 'A file on this machine (a path, ~/path or file:// URL), a data: URI, base64, or an http(s) link.'
            : 'A data: URI, base64, or an http(s) link, which the server fetches.',
        },
        expires_in_seconds: {
          type: 'integer',
          minimum: 60,
          description: 'How long the server keeps it; it has a default and a limit.',
        },
      },
      ['image'],
    ),
  task: toolArguments({ task_id: taskId }, ['task_id']),
  wait: toolArguments({ task_id: taskId, wait_seconds: waitSeconds }, ['task_id']),
  none: toolArguments({}),
  list: toolArguments({
    state: { type: 'string', enum: ['pending', 'running', 'succeeded', 'error'] },
    model: { ...short, description: 'Only tasks of this model.' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: `How many; ${defaultListLimit} where it is left out.`,
    },
  }),
};
