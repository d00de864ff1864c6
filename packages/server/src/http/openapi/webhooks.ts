// The webhooks in the document: what the server sends to its users' receivers.

import { type EndpointEvent, testEvent } from '../../core/webhooks/webhook.ts';
import { reference, type SchemaName } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import { inHeader } from './parameters.ts';

const exampleId = answerExamples.Webhook.webhook_id;

const events: Readonly<Record<EndpointEvent | typeof testEvent, string>> = {
  'task.running': 'A task has begun to run',
  'task.succeeded': 'A task has its pictures',
  'task.failed': 'A task has failed',
  'task.cancelled': 'A task was cancelled',
  'task.deleted': 'A task was deleted',
  'budget.threshold': 'Half, four fifths or all of a budget is used',
  'key.expiring': 'A key expires in seven days, or in one',
  [testEvent]: 'A test that the owner of an endpoint asked for',
};
/** Messages that are no answer of the status query: their schemas, and an example of their data. */
const others: Readonly<Record<string, { schema: SchemaName; data: object }>> = {
  [testEvent]: { schema: 'TestMessage', data: { webhook_id: exampleId } },
  'task.deleted': { schema: 'TaskDeletedMessage', data: { task_id: answerExamples.Task.task_id } },
  'budget.threshold': {
    schema: 'BudgetThresholdMessage',
    data: {
      of: 'owner',
      id: answerExamples.Owner.owner_id,
      name: answerExamples.Owner.name,
      threshold_percent: 80,
      period: 'month',
      time_zone: 'Europe/Berlin',
      limit_micro_usd: 5_000_000,
      spent_micro_usd: 3_900_000,
      reserved_micro_usd: 117_000,
      left_micro_usd: 983_000,
      resets_at: '1796079600',
    },
  },
  'key.expiring': {
    schema: 'KeyExpiringMessage',
    data: {
      key_id: answerExamples.Me.key_id,
      name: answerExamples.Me.name,
      hint: answerExamples.Me.hint,
      expires_at: '1796079600',
    },
  },
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
    const { schema, data } = others[type] ?? { schema: 'TaskEvent' as const, data: answerExamples.Task };
    const isExample = type === 'task.succeeded' || Object.hasOwn(others, type);
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
            schema: reference(schema),
            ...(isExample ? { example } : {}),
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
