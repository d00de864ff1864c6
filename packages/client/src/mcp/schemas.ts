// The arguments of the tools, as JSON Schema. Only what a tool itself must know is checked here; the server checks the rest, and its
// words on it are better.

import { fromJsonSchema } from '@modelcontextprotocol/server';

export interface WaitArguments {
  wait_seconds?: number;
}

export interface GenerateArguments extends WaitArguments {
  prompt: string;
  model?: string;
  aspect_ratio?: string;
  image_size?: string;
  seed?: number;
  image_urls?: string[];
}

export type EditArguments = GenerateArguments & { image_urls: string[] };

/** Many hosts give a tool 60 seconds. */
export const usualWaitSeconds = 50;

const waitSeconds = {
  type: 'integer',
  minimum: 0,
  maximum: 600,
  description: `How long to wait for the end, in seconds; ${usualWaitSeconds} where it is left out, 0 to come back at once.`,
} as const;
const taskId = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  description: 'The task_id that a submit gave.',
} as const;
/** Each is a name, and one of them becomes part of a URL: of a long one that alone takes seconds. */
const short = { type: 'string', maxLength: 200 } as const;
const submit = {
  prompt: { type: 'string', minLength: 1, description: 'What the picture is to show, or what is to change.' },
  model: { ...short, description: 'A name from list_models; the server has a default.' },
  aspect_ratio: { ...short, description: 'A ratio that the model has, such as 16:9, or auto.' },
  image_size: { ...short, description: '1K, 2K or 4K; larger costs more.' },
  seed: { type: 'integer', minimum: 0, description: 'For models that take one.' },
  wait_seconds: waitSeconds,
} as const;

function pictures(files: boolean, about: string) {
  const kinds = files
    ? 'http(s) links, data: URIs, or paths of files on this machine'
    : 'http(s) links or data: URIs';
  return {
    type: 'array',
    items: { type: 'string' },
    maxItems: 50,
    description: `${about}: ${kinds}.`,
  } as const;
}

function submitSchemas(files: boolean) {
  return {
    generate: fromJsonSchema<GenerateArguments>({
      type: 'object',
      properties: { ...submit, image_urls: pictures(files, 'Pictures to go by, if any') },
      required: ['prompt'],
      additionalProperties: false,
    }),
    edit: fromJsonSchema<EditArguments>({
      type: 'object',
      properties: {
        ...submit,
        image_urls: { ...pictures(files, 'The pictures to edit or combine'), minItems: 1 },
      },
      required: ['prompt', 'image_urls'],
      additionalProperties: false,
    }),
  };
}

/** Made once: each holds a compiled validator, and over HTTP a server is made for every request. */
export const schemas = {
  withFiles: submitSchemas(true),
  withoutFiles: submitSchemas(false),
  task: fromJsonSchema<{ task_id: string }>({
    type: 'object',
    properties: { task_id: taskId },
    required: ['task_id'],
    additionalProperties: false,
  }),
  wait: fromJsonSchema<WaitArguments & { task_id: string }>({
    type: 'object',
    properties: { task_id: taskId, wait_seconds: waitSeconds },
    required: ['task_id'],
    additionalProperties: false,
  }),
  none: fromJsonSchema<object>({ type: 'object', additionalProperties: false }),
  list: fromJsonSchema<{
    state?: 'pending' | 'running' | 'succeeded' | 'error';
    model?: string;
    limit?: number;
  }>({
    type: 'object',
    properties: {
      state: { enum: ['pending', 'running', 'succeeded', 'error'] },
      model: { ...short, description: 'Only tasks of this model.' },
      limit: { type: 'integer', minimum: 1, maximum: 100, description: 'How many; 20 where it is left out.' },
    },
    additionalProperties: false,
  }),
};
