// Call of the chat face: a conversation that is answered with pictures.

import type * as z from 'zod';
import { maxPictures } from '../../../core/tasks/task.ts';
import { tasksKey } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { bodyOf, type JsonSchema, memberSchemas } from '../../openapi/json-schema.ts';
import { json } from '../../openapi/responses.ts';
import { idempotencyKey, refusedSubmit } from '../../routes/tasks/task-forms.ts';
import { bodyAsGiven, sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { submitMembers } from '../../submit/submission-members.ts';
import { failedTask, ofRanTask } from '../kit/declared.ts';
import { openAiForm, openAiRoot } from '../kit/openai-form.ts';
import { answerMembers } from './chat-members.ts';

const { model, size, aspect_ratio, image_size, seed, metadata, deadline_seconds } = submitMembers;
const described: Readonly<Record<string, z.ZodType>> = {
  model: model.meta({
    description: 'A model of pictures, by any of its names. A model that is none gets 404',
  }),
  ...answerMembers,
  size: size.meta({ description: 'auto, or pixels such as 1536x1024', examples: ['1024x1024'] }),
  seed,
  metadata,
  deadline_seconds,
};
const shape = memberSchemas({ aspect_ratio, image_size });

const content: JsonSchema = {
  description: 'Text, or a list of parts: { type: text, text }, { type: image_url, image_url: { url } }',
  oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }],
};
const messages: JsonSchema = {
  type: 'array',
  description:
    'The conversation. The last message of the user is the prompt, and its pictures are inputs, as are those of the latest earlier answer that has any: in its images, or in its content as Markdown with links to this server',
  items: bodyOf({ role: { type: 'string' }, content, images: { type: 'array', items: { type: 'object' } } }, [
    'role',
  ]),
};

const answer = json(reference('ChatCompletion'), {
  description:
    'The pictures; with stream a stream of chat.completion.chunk, with comments while the task runs, and [DONE] at the end, or an error',
  headers: ofRanTask,
  example: {
    id: 'chatcmpl-0198c0de',
    object: 'chat.completion',
    created: 1_795_387_177,
    model: 'nano-banana-2.1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: '![image](https://pictures.example.com/files/0198c0de/0.png?e=1795473577&token=…)',
          refusal: null,
          images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo…' }, index: 0 }],
        },
        finish_reason: 'stop',
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 0, completion_tokens: 1_120, total_tokens: 1_120, cost: 0.05 },
  },
});

export const chatRoutes = {
  chatCompletions: route({
    tag: 'OpenAI chat',
    family: openAiForm,
    method: 'post',
    path: `${openAiRoot}/chat/completions`,
    summary: 'Make or edit pictures in a conversation, and wait for them',
    access: tasksKey,
    counts: 'submit',
    headers: [idempotencyKey],
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf(
            {
              ...memberSchemas(described),
              messages,
              image_config: bodyOf(shape),
              n: { type: 'integer', minimum: 1, maximum: maxPictures, description: 'How many pictures' },
              response_format: {
                description: 'b64_json, the default: images have data: URIs. url: they have signed links',
                enum: ['b64_json', 'url'],
              },
              stream_options: bodyOf({ include_usage: { type: 'boolean' } }),
            },
            ['messages'],
          ),
          example: {
            model: 'nano-banana-2.1',
            modalities: ['image', 'text'],
            messages: [{ role: 'user', content: 'a banana on the moon' }],
            image_config: { aspect_ratio: '16:9' },
          },
        },
      },
    })),
    answers: sent({
      200: { ...answer, content: { ...answer.content, 'text/event-stream': { schema: { type: 'string' } } } },
    }),
    refusals: [...refusedSubmit, ...failedTask],
  }),
};
