// The calls around webhooks in the document, and the webhooks themselves.

import { testEvent, type WebhookEvent } from '../../core/webhooks/webhook.ts';
import {
  deliveryQueryMembers,
  endpointChangeMembers,
  endpointMembers,
  replayMembers,
} from '../queries/webhook-members.ts';
import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import { bodyOf, memberSchemas, type JsonSchema } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { inHeader, inPath, inQuery } from './parameters.ts';
import { answer } from './responses.ts';

const root = '/api/webhooks';
const { webhook_id: exampleId, url: exampleUrl } = answerExamples.Webhook;
const webhookId = inPath('id', 'The endpoint’s id', exampleId);
const deliveryId = inPath('id', 'The delivery’s id', answerExamples.Delivery.delivery_id);

const endpointNotes = {
  url: {
    description: 'Where deliveries go; the address must be one that the server may reach',
    example: exampleUrl,
  },
  events: { description: 'Which events are told; the ends of tasks where it is left out' },
  description: { description: 'For people' },
};
const body = (schema: JsonSchema, example: object): object => ({
  required: true,
  content: { 'application/json': { schema, example }, 'application/x-www-form-urlencoded': { schema } },
});
const newEndpoint = body(bodyOf(memberSchemas(endpointMembers, endpointNotes), ['url']), {
  url: exampleUrl,
  events: ['task.succeeded', 'task.failed'],
});
const change = body(
  bodyOf(
    memberSchemas(endpointChangeMembers, {
      ...endpointNotes,
      enabled: { description: 'false switches it off; true switches it on again' },
    }),
  ),
  { enabled: true },
);
const replay = body(
  bodyOf(
    memberSchemas(replayMembers, {
      webhook_id: { description: 'Only those of this endpoint' },
      from: { description: 'Unix seconds: events of this second or later' },
      to: { description: 'Unix seconds: events of this second or earlier; now where it is left out' },
      state: { description: 'Only these; both where it is left out' },
    }),
    ['from'],
  ),
  { from: 1_795_380_000, state: 'failed' },
);
const deliveryQuery = inQuery(
  memberSchemas(deliveryQueryMembers, {
    webhook_id: { description: 'Only those of this endpoint' },
    task_id: { description: 'Only those of this task' },
    state: { description: 'Only those in this state' },
    limit: { description: 'How many a page has', schema: { default: 50 } },
    cursor: { description: 'next_cursor of the page before' },
  }),
);
const refusedBody = ['invalid_request', 'too_large', 'unsupported_media'] as const;

export const webhookOperations: readonly Operation[] = (
  [
    {
      id: 'createWebhook',
      method: 'post',
      path: root,
      summary: 'Make an endpoint',
      description: 'The answer has its secret. A key may have 20 endpoints.',
      body: newEndpoint,
      answers: answer('NewWebhook', 'Made'),
      refusals: [...refusedBody, 'conflict'],
    },
    {
      id: 'listWebhooks',
      method: 'get',
      path: root,
      summary: 'List endpoints',
      answers: answer('WebhookList', 'The endpoints of the key'),
    },
    {
      id: 'getWebhook',
      method: 'get',
      path: `${root}/{id}`,
      summary: 'One endpoint',
      parameters: [webhookId],
      answers: answer('Webhook', 'The endpoint'),
      refusals: ['not_found'],
    },
    {
      id: 'changeWebhook',
      method: 'patch',
      path: `${root}/{id}`,
      summary: 'Change an endpoint, or switch it on again',
      parameters: [webhookId],
      body: change,
      answers: answer('Webhook', 'The endpoint as it is now'),
      refusals: [...refusedBody, 'not_found'],
    },
    {
      id: 'deleteWebhook',
      method: 'delete',
      path: `${root}/{id}`,
      summary: 'Delete an endpoint',
      parameters: [webhookId],
      answers: answer('WebhookDeleted', 'Deleted'),
      refusals: ['not_found'],
    },
    {
      id: 'rotateWebhook',
      method: 'post',
      path: `${root}/{id}/rotate`,
      summary: 'Give an endpoint a new secret',
      description: 'For 24 hours deliveries are signed with the old one as well.',
      parameters: [webhookId],
      answers: answer('RotatedSecret', 'The new secret'),
      refusals: ['not_found'],
    },
    {
      id: 'testWebhook',
      method: 'post',
      path: `${root}/{id}/test`,
      summary: 'Send a test to an endpoint and see how it was answered',
      parameters: [webhookId],
      answers: answer('Delivery', 'The delivery with its attempt'),
      refusals: ['not_found'],
    },
    {
      id: 'getWebhookSecret',
      method: 'get',
      path: `${root}/secret`,
      summary: 'The secret that deliveries to callback_url are signed with',
      answers: answer('WebhookSecret', 'The secret of the key'),
    },
    {
      id: 'rotateWebhookSecret',
      method: 'post',
      path: `${root}/secret/rotate`,
      summary: 'Give callback_url a new secret',
      description: 'For 24 hours deliveries are signed with the old one as well.',
      answers: answer('RotatedSecret', 'The new secret'),
    },
    {
      id: 'listDeliveries',
      method: 'get',
      path: `${root}/deliveries`,
      summary: 'List deliveries',
      parameters: deliveryQuery,
      answers: answer('DeliveryList', 'A page, newest first'),
      refusals: ['invalid_request'],
    },
    {
      id: 'getDelivery',
      method: 'get',
      path: `${root}/deliveries/{id}`,
      summary: 'One delivery with its attempts',
      parameters: [deliveryId],
      answers: answer('Delivery', 'The delivery'),
      refusals: ['not_found'],
    },
    {
      id: 'replayDelivery',
      method: 'post',
      path: `${root}/deliveries/{id}/replay`,
      summary: 'Send a delivery again',
      parameters: [deliveryId],
      answers: answer('Delivery', 'The delivery, due again'),
      refusals: ['not_found', 'conflict'],
    },
    {
      id: 'replayDeliveries',
      method: 'post',
      path: `${root}/replay`,
      summary: 'Send the deliveries of a range of time again',
      body: replay,
      answers: answer('Replay', 'How many'),
      refusals: [...refusedBody, 'not_found', 'conflict'],
    },
  ] satisfies Omit<Operation, 'tag'>[]
).map((operation) => Object.assign({ tag: 'Webhooks' as const }, operation));

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

/** What the server sends to its users’ receivers. */
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
