// Members of the calls around webhooks, in bodies and query strings. A misspelt filter would show or replay too much, so an unknown
// member is a fault; the key is none, which some clients send in the body.

import * as z from 'zod';
import {
  type DeliveryFilter,
  type DeliveryState,
  deliveryStates,
  type WebhookDelivery,
} from '../../../core/webhooks/webhook-store.ts';
import { endpointEvents } from '../../../core/webhooks/webhook.ts';
import { pageSize, usuallyListed } from '../../queries/task-query.ts';
import { type Check, members, type MemberTable, type Values } from '../../route/members.ts';
import { unixTime } from '../../route/number-members.ts';
import { eventsSchemaOf } from '../../submit/submission-members.ts';

const reading = {
  isAbsent: (value: unknown, name: string) => value === null || value === undefined || name === 'key',
  order: 'given',
} as const;

const text = z.string('must be a string');
/** States of deliveries that are not tried any more. */
const endStates = ['delivered', 'failed'] as const satisfies readonly DeliveryState[];
const endpoint = {
  url: text.meta({
    description: 'Where deliveries go; the address must be one that the server may reach',
    examples: ['https://shop.example.com/hooks/pictures'],
  }),
  events: eventsSchemaOf(endpointEvents).meta({
    description:
      'Which events are told; the ends of tasks where it is left out. `task.deleted` is of the key’s own tasks, and of all for an admin’s key; those of budgets and keys are of the key’s owner, and of all for an admin’s key',
  }),
  description: text.max(500, 'must have at most 500 characters').meta({ description: 'For people' }),
} satisfies MemberTable;

export const endpointMembers = members(endpoint, { ...reading, needed: { url: 'is required' } });

export const endpointChangeMembers = members(
  {
    ...endpoint,
    // Forms have the words.
    enabled: z
      .preprocess(
        (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
        z.boolean('must be true or false'),
      )
      .meta({ description: 'false switches it off; true switches it on again' }),
  },
  reading,
);

const ofEndpoint = text.meta({ description: 'Only those of this endpoint' });
export const deliveryQueryMembers = members(
  {
    webhook_id: ofEndpoint,
    task_id: text.meta({ description: 'Only those of this task' }),
    state: z
      .enum(deliveryStates, 'must be pending, delivered or failed')
      .meta({ description: 'Only those in this state' }),
    limit: pageSize.meta({ description: 'How many a page has', default: usuallyListed }),
    cursor: text
      .regex(/^\d{1,15}\.msg_[0-9a-f]{32}$/, 'must be a next_cursor of a page before')
      .meta({ description: 'next_cursor of the page before' }),
  },
  reading,
);

export const replayMembers = members(
  {
    webhook_id: ofEndpoint,
    from: unixTime.meta({ description: 'Unix seconds: events of this second or later' }),
    to: unixTime.meta({
      description: 'Unix seconds: events of this second or earlier; now where it is left out',
    }),
    state: z
      .enum(endStates, 'must be delivered or failed')
      .meta({ description: 'Only these; both where it is left out' }),
  },
  { ...reading, needed: { from: 'is required: a Unix time in seconds' } },
);

/** The filter of a list of deliveries; `limit` of them make a page. */
export function deliveryFilter(values: Values<(typeof deliveryQueryMembers)['table']>): Omit<
  DeliveryFilter,
  'keyId'
> & {
  limit: number;
  after?: Pick<WebhookDelivery, 'createdAt' | 'id'>;
} {
  const { webhook_id: endpointId, task_id: taskId, state, cursor, limit = usuallyListed } = values;
  const [createdAt = '', id = ''] = cursor?.split('.') ?? [];
  return {
    limit,
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(taskId === undefined ? {} : { taskId: taskId.toLowerCase() }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { after: { createdAt: Number(createdAt), id } }),
  };
}

/** The cursor of the page that begins behind this delivery. */
export function cursorBehind({ createdAt, id }: WebhookDelivery): string {
  return `${createdAt}.${id}`;
}

type Replay = Values<(typeof replayMembers)['table'], 'from'>;

/** Finds a range of time that ends before it begins. */
export const checkRange: Check<Replay> = ({ from, to }, faults) => {
  if (from !== undefined && to !== undefined && to < from)
    faults.push({ path: 'to', message: 'must not be before from' });
};

/** The filter of deliveries that are to be sent again; `from` and `to` in Unix milliseconds. */
export function replayFilter(
  { webhook_id: endpointId, from, to, state }: Replay,
  now: number,
): { endpointId?: string; from: number; to: number; states: Exclude<DeliveryState, 'pending'>[] } {
  return {
    ...(endpointId === undefined ? {} : { endpointId }),
    from: from * 1000,
    // The whole of that second.
    to: to === undefined ? now : to * 1000 + 999,
    states: state === undefined ? [...endStates] : [state],
  };
}
