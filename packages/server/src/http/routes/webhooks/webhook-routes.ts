// The calls around webhooks: the endpoints of a key, their secrets, and what became of each delivery.

import { webhooksKey } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { data, fieldsOf, inPath, queryOf } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import {
  deliveryQueryMembers,
  endpointChangeMembers,
  endpointMembers,
  replayMembers,
} from './webhook-members.ts';

const root = '/api/webhooks';
const maxBytes = 65_536;
const shared = { tag: 'Webhooks', access: webhooksKey } as const;
const ofEndpoint = { id: inPath('The endpoint’s id', answerExamples.Webhook.webhook_id) };
const ofDelivery = { id: inPath('The delivery’s id', answerExamples.Delivery.delivery_id) };
const refusedBody = ['invalid_request', 'too_large', 'unsupported_media'] as const;
const twoSecrets = 'For 24 hours deliveries are signed with the old one as well.';

export const endpointRoutes = {
  createWebhook: route({
    ...shared,
    method: 'post',
    path: root,
    summary: 'Make an endpoint',
    description: 'The answer has its secret. A key may have 20 endpoints.',
    body: fieldsOf(() => endpointMembers, {
      maxBytes,
      example: { url: answerExamples.Webhook.url, events: ['task.succeeded', 'task.failed'] },
    }),
    answers: data('NewWebhook', 'Made'),
    refusals: [...refusedBody, 'conflict'],
  }),
  listWebhooks: route({
    ...shared,
    method: 'get',
    path: root,
    summary: 'List endpoints',
    answers: data('WebhookList', 'The endpoints of the key'),
  }),
  // Before those of one endpoint, whose path has theirs too: of the first path that fits, a wrong method is told what it takes.
  getWebhookSecret: route({
    ...shared,
    method: 'get',
    path: `${root}/secret`,
    summary: 'The secret that deliveries to callback_url are signed with',
    answers: data('WebhookSecret', 'The secret of the key'),
  }),
  rotateWebhookSecret: route({
    ...shared,
    method: 'post',
    path: `${root}/secret/rotate`,
    summary: 'Give callback_url a new secret',
    description: twoSecrets,
    answers: data('RotatedSecret', 'The new secret'),
  }),
  getWebhook: route({
    ...shared,
    method: 'get',
    path: `${root}/{id}`,
    summary: 'One endpoint',
    params: ofEndpoint,
    answers: data('Webhook', 'The endpoint'),
    refusals: ['not_found'],
  }),
  changeWebhook: route({
    ...shared,
    method: 'patch',
    path: `${root}/{id}`,
    summary: 'Change an endpoint, or switch it on again',
    params: ofEndpoint,
    body: fieldsOf(() => endpointChangeMembers, { maxBytes, example: { enabled: true } }),
    answers: data('Webhook', 'The endpoint as it is now'),
    refusals: [...refusedBody, 'not_found'],
  }),
  deleteWebhook: route({
    ...shared,
    method: 'delete',
    path: `${root}/{id}`,
    summary: 'Delete an endpoint',
    params: ofEndpoint,
    answers: data('WebhookDeleted', 'Deleted'),
    refusals: ['not_found'],
  }),
  rotateWebhook: route({
    ...shared,
    method: 'post',
    path: `${root}/{id}/rotate`,
    summary: 'Give an endpoint a new secret',
    description: twoSecrets,
    params: ofEndpoint,
    answers: data('RotatedSecret', 'The new secret'),
    refusals: ['not_found'],
  }),
  testWebhook: route({
    ...shared,
    method: 'post',
    path: `${root}/{id}/test`,
    summary: 'Send a test to an endpoint and see how it was answered',
    params: ofEndpoint,
    answers: data('Delivery', 'The delivery with its attempt'),
    refusals: ['not_found'],
  }),
};

export const deliveryRoutes = {
  listDeliveries: route({
    ...shared,
    method: 'get',
    path: `${root}/deliveries`,
    summary: 'List deliveries',
    query: queryOf(deliveryQueryMembers),
    answers: data('DeliveryList', 'A page, newest first'),
    refusals: ['invalid_request'],
  }),
  getDelivery: route({
    ...shared,
    method: 'get',
    path: `${root}/deliveries/{id}`,
    summary: 'One delivery with its attempts',
    params: ofDelivery,
    answers: data('Delivery', 'The delivery'),
    refusals: ['not_found'],
  }),
  replayDelivery: route({
    ...shared,
    method: 'post',
    path: `${root}/deliveries/{id}/replay`,
    summary: 'Send a delivery again',
    params: ofDelivery,
    answers: data('Delivery', 'The delivery, due again'),
    refusals: ['not_found', 'conflict'],
  }),
  replayDeliveries: route({
    ...shared,
    method: 'post',
    path: `${root}/replay`,
    summary: 'Send the deliveries of a range of time again',
    body: fieldsOf(() => replayMembers, {
      maxBytes,
      example: { from: 1_795_380_000, state: 'failed' },
    }),
    answers: data('Replay', 'How many'),
    refusals: [...refusedBody, 'not_found', 'conflict'],
  }),
};
