// Calls of Gemini's face for interactions: tasks whose clients need not wait for them.

import { keyOrQuery, tasksKeyOrQuery } from '../../../access/access.ts';
import { reference } from '../../../openapi/components.ts';
import { bodyOf, type JsonSchema } from '../../../openapi/json-schema.ts';
import { inQuery } from '../../../openapi/parameters.ts';
import { json } from '../../../openapi/responses.ts';
import { bodyAsGiven, queryAsGiven, sent, uuidInPath } from '../../../route/forms.ts';
import { route } from '../../../route/route.ts';
import { idempotencyKey, refusedSubmit } from '../../../routes/tasks/task-forms.ts';
import { ofRanTask } from '../../kit/declared.ts';
import { geminiRoot, shared as ofGemini, version, withId } from '../gemini-routes.ts';
import { interactionForm } from './interaction-form.ts';

const shared = { ...ofGemini, family: interactionForm } as const;
const root = `${geminiRoot}/{version}/interactions`;
const ofOne = {
  ...shared,
  params: { version, id: uuidInPath('The interaction’s id', '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10') },
  refusals: ['not_found'],
} as const;
const one = (description: string) =>
  sent({ 200: json(reference('Interaction'), { description, headers: withId }) });
const text: JsonSchema = { type: 'string' };
const events = { 'text/event-stream': { schema: text } };
/** The interaction, or its events. */
const oneOrEvents = (description: string, headers: typeof withId) => {
  const whole = json(reference('Interaction'), { description, headers });
  return sent({ 200: { ...whole, content: { ...whole.content, ...events } } });
};

export const interactionRoutes = {
  createInteraction: route({
    ...shared,
    method: 'post',
    path: root,
    summary: 'Make or edit a picture, and wait for it or not',
    description:
      'With background the answer has the id at once, with stream it is a stream of events. A task that failed is an interaction whose status is failed.',
    access: tasksKeyOrQuery,
    counts: 'submit',
    params: { version },
    headers: [idempotencyKey],
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': {
          schema: bodyOf(
            {
              model: text,
              input: { description: 'A text, contents, or steps' },
              background: { type: 'boolean' },
              stream: { type: 'boolean' },
              response_format: bodyOf({
                type: text,
                aspect_ratio: text,
                image_size: text,
                mime_type: text,
                delivery: text,
              }),
              previous_interaction_id: { ...text, description: 'Whose pictures are to be edited' },
              system_instruction: text,
              labels: { type: 'object', additionalProperties: text },
            },
            ['model', 'input'],
          ),
          example: { model: 'gemini-nano-banana-2.1', input: 'a banana on the moon', background: true },
        },
      },
    })),
    answers: oneOrEvents('The interaction', ofRanTask),
    refusals: ['not_found', ...refusedSubmit],
  }),
  getInteraction: route({
    ...ofOne,
    method: 'get',
    path: `${root}/{id}`,
    summary: 'Show an interaction, with its pictures when it is completed',
    access: keyOrQuery,
    query: queryAsGiven(() =>
      inQuery({
        stream: { type: 'boolean', description: 'Whether the answer is a stream of events, to the end' },
        last_event_id: { type: 'string', description: 'The event_id of the last event that came' },
      }),
    ),
    // Streams have none.
    hasHead: false,
    answers: oneOrEvents('The interaction', withId),
    refusals: ['not_found', 'invalid_request', 'rate_limited', 'overloaded'],
  }),
  cancelInteraction: route({
    ...ofOne,
    method: 'post',
    path: `${root}/{id}/cancel`,
    summary: 'Cancel an interaction',
    access: tasksKeyOrQuery,
    answers: one('The interaction; one that has ended stays as it is'),
  }),
  deleteInteraction: route({
    ...ofOne,
    method: 'delete',
    path: `${root}/{id}`,
    summary: 'Delete an interaction that has ended, with its pictures',
    access: tasksKeyOrQuery,
    answers: sent({
      200: json({ type: 'object', maxProperties: 0 }, { description: 'Deleted', headers: withId }),
    }),
    refusals: ['not_found', 'conflict'],
  }),
};
