// The webhooks in the document: what the server sends to its users' receivers.

import { testEvent, type WebhookEvent } from '../../core/webhooks/webhook.ts';
import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import { inHeader } from './parameters.ts';

const exampleId = answerExamples.Webhook.webhook_id;

const events: Readonly<Record<WebhookEvent | typeof testEvent, string>> = {
  'task.running': 'A task has begun to run',
  'task.succeeded': 'A task has its pictures',
  'task.failed': 'A task has failed',
  'task.cancelled': 'A task was cancelled',
  [testEvent]: 'A test that the owner of an endpoint asked for',
};
const signed = (name: string, description: string) => ({
  ...inHeader(name, description, { type: 'string' }),
  required: true,
});
const parameters = [
  signed('webhook-id', 'The same however often it is sent: what a receiver has seen it may pass over'),
  signed('webhook-timestamp', 'When it was sent, Unix seconds'),
  signed(
    'webhook-signature',
    'v1, and a signature in base64, for each valid secret, with spaces between them',
  ),
];

/** Messages that the server sends to its users’ receivers, by their types. */
export function createWebhooks(): Record<string, object> {
  const described = Object.entries(events).map(([type, summary]) => {
    const isTest = type === testEvent;
    const data = isTest ? { webhook_id: exampleId } : answerExamples.Task;
    const message = { ...enveloped(data), exec_time: 0, ip: '' };
    const example = { type, timestamp: '2026-11-22T13:59:37.204Z', ...message };
    const post = {
      operationId: type,
      tags: ['Webhooks'],
      summary,
      description:
        'Signed by Standard Webhooks. Any 2xx is success; 410 switches the endpoint off; redirects are failures.',
      security: [],
      parameters,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: reference(isTest ? 'TestMessage' : 'TaskEvent'),
            ...(type === 'task.succeeded' || isTest ? { example } : {}),
          },
        },
      },
      responses: {
        '2XX': { description: 'Received' },
        410: { description: 'No more of these: the endpoint is switched off' },
        default: { description: 'Failed: tried again, with growing pauses, for three days by default' },
      },
    };
    return [type, { post }];
  });
  return Object.fromEntries(described) as Record<string, object>;
}
