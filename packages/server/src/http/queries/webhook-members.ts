// What is sent to the calls around webhooks: bodies and query strings. Unlike in a submit, an unknown member is a fault: no old
// client sends one, and a misspelt filter would show or replay too much.

import * as z from 'zod';
import type { Fault } from '../../core/errors.ts';
import type {
  DeliveryFilter,
  DeliveryState,
  EndpointChange,
  WebhookDelivery,
} from '../../core/webhooks/webhook-store.ts';
import type { CheckWebhookUrl } from '../../core/webhooks/webhook-url.ts';
import { invalid } from '../refusals/invalid.ts';
import { eventsSchema } from '../submit/submission-members.ts';
import { shorten } from '../submit/submit-names.ts';
import { unixTime } from '../route/number-members.ts';
import { pageSize, usuallyListed } from './task-query.ts';

type Given = Readonly<Record<string, unknown>>;

const text = z.string('must be a string');

export const endpointMembers = {
  url: text,
  events: eventsSchema,
  description: text.max(500, 'must have at most 500 characters'),
};
export const endpointChangeMembers = {
  ...endpointMembers,
  // Forms have the words.
  enabled: z.preprocess(
    (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
    z.boolean('must be true or false'),
  ),
};
export const deliveryQueryMembers = {
  webhook_id: text,
  task_id: text,
  state: z.enum(['pending', 'delivered', 'failed'], 'must be pending, delivered or failed'),
  limit: pageSize,
  cursor: text.regex(/^\d{1,15}\.msg_[0-9a-f]{32}$/, 'must be a next_cursor of a page before'),
};
export const replayMembers = {
  webhook_id: text,
  from: unixTime,
  to: unixTime,
  state: z.enum(['delivered', 'failed'], 'must be delivered or failed'),
};

type Members = Readonly<Record<string, z.ZodType>>;
type Values<Shape extends Members> = { [Name in keyof Shape]?: z.output<Shape[Name]> };

function readKnown<Shape extends Members>(members: Shape, given: Given, faults: Fault[]): Values<Shape> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    // Some clients send their key in the body.
    if (value === null || value === undefined || name === 'key') continue;
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    const parsed = member?.safeParse(value);
    if (parsed === undefined) faults.push({ path: shorten(name), message: 'is not known here' });
    else if (parsed.success) values[name] = parsed.data;
    else for (const { message } of parsed.error.issues) faults.push({ path: name, message });
  }
  return values as Values<Shape>;
}

/** Throws `RequestError` (`invalid_request`) with every fault, as all functions here. */
export function readNewEndpoint(given: Given, checkUrl: CheckWebhookUrl): EndpointChange & { url: string } {
  const faults: Fault[] = [];
  const { url, ...rest } = readKnown(endpointMembers, given, faults);
  if (url === undefined && !faults.some(({ path }) => path === 'url'))
    faults.push({ path: 'url', message: 'is required' });
  checkedUrl(url, checkUrl, faults);
  if (faults.length > 0 || url === undefined) throw invalid(faults);
  return { url, ...rest };
}

export function readEndpointChange(given: Given, checkUrl: CheckWebhookUrl): EndpointChange {
  const faults: Fault[] = [];
  const change = readKnown(endpointChangeMembers, given, faults);
  checkedUrl(change.url, checkUrl, faults);
  if (faults.length > 0) throw invalid(faults);
  return change;
}

function checkedUrl(url: string | undefined, checkUrl: CheckWebhookUrl, faults: Fault[]): void {
  const fault = url === undefined ? null : checkUrl(url);
  if (fault !== null) faults.push({ path: 'url', message: fault });
}

export function readDeliveryQuery(
  given: Given,
): Omit<DeliveryFilter, 'keyId'> & { limit: number; after?: Pick<WebhookDelivery, 'createdAt' | 'id'> } {
  const faults: Fault[] = [];
  const values = readKnown(deliveryQueryMembers, given, faults);
  if (faults.length > 0) throw invalid(faults);
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

/** What `after` of the next page is to be. */
export function cursorBehind({ createdAt, id }: WebhookDelivery): string {
  return `${createdAt}.${id}`;
}

/** Which deliveries are to be sent again; `from` and `to` in Unix milliseconds. */
export function readReplay(
  given: Given,
  now: number,
): { endpointId?: string; from: number; to: number; states: Exclude<DeliveryState, 'pending'>[] } {
  const faults: Fault[] = [];
  const { webhook_id: endpointId, from, to, state } = readKnown(replayMembers, given, faults);
  if (from === undefined && !faults.some(({ path }) => path === 'from'))
    faults.push({ path: 'from', message: 'is required: a Unix time in seconds' });
  if (from !== undefined && to !== undefined && to < from)
    faults.push({ path: 'to', message: 'must not be before from' });
  if (faults.length > 0 || from === undefined) throw invalid(faults);
  return {
    ...(endpointId === undefined ? {} : { endpointId }),
    from: from * 1000,
    // The whole of that second.
    to: to === undefined ? now : to * 1000 + 999,
    states: state === undefined ? ['delivered', 'failed'] : [state],
  };
}
