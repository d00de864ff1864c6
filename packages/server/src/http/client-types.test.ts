// Holds the types of the client against the validators of the server: a member that one of them has and the other has not is a
// fault of types, which the compiler finds, and not a surprise at run time.

import type {
  DeliveryFilter,
  GenerateInput,
  NewWebhookBody,
  PictureOptions,
  SubmitBody,
  TaskFilter,
  WebhookChangeBody,
  WebhookReplayBody,
} from '@plantain/client';
import { expect, expectTypeOf, test } from 'vitest';
import type * as z from 'zod';
import type { RenditionFormat } from '../core/pictures/renditions.ts';
import { readMembers, type Values } from './submit/submission-members.ts';
import type { MemberTable } from './route/members.ts';
import type { taskQueryMembers } from './queries/task-query.ts';
import type {
  deliveryQueryMembers,
  endpointChangeMembers,
  endpointMembers,
  replayMembers,
} from './routes/webhooks/webhook-members.ts';

/** Forms of members that only old clients send. */
type Old = 'size';
type Unsent = Old | 'pictures' | 'masks' | 'sentAs';
/** Values of members that were read, all of them there. */
type Outputs<Read extends { table: MemberTable }> = {
  [Name in keyof Read['table']]: z.output<Read['table'][Name]>;
};
type Given<Members> = { [Name in keyof Members]-?: Exclude<Members[Name], undefined> };
type Query = Outputs<typeof taskQueryMembers>;
/** Filters that the client gives on as they are. */
type PlainFilter = 'state' | 'action' | 'model' | 'search' | 'include' | 'limit';
type DeliveryQuery = Outputs<typeof deliveryQueryMembers>;

test('a submit of the client has the members that the server reads, and their types', () => {
  expectTypeOf<keyof SubmitBody>().toEqualTypeOf<
    Exclude<keyof Values, Unsent> | 'image_urls' | 'mask' | 'oversea'
  >();
  expectTypeOf<Given<Omit<SubmitBody, 'oversea' | 'image_urls' | 'mask'>>>().toEqualTypeOf<
    Given<Omit<Values, Unsent>>
  >();
  expectTypeOf<keyof GenerateInput>().toEqualTypeOf<keyof SubmitBody>();

  const all: Required<SubmitBody> = {
    prompt: 'a banana',
    model: 'nano-banana',
    priority: 0,
    image_urls: ['https://example.com/a.png'],
    aspect_ratio: '16:9',
    image_size: '1K',
    count: 4,
    seed: 1,
    mask: 'https://example.com/mask.png',
    quality: 'xhigh',
    background: 'transparent',
    moderation: 'low',
    oversea: true,
    deadline_seconds: 60,
    expires_in_seconds: 60,
    metadata: { user: 'a' },
    callback_url: 'https://example.com/hook',
    callback_events: ['task.running', 'task.succeeded', 'task.failed', 'task.cancelled'],
  };
  const faults: Parameters<typeof readMembers>[1] = [];
  const warnings: string[] = [];
  const { oversea: _oversea, image_urls: links, mask, ...read } = all;
  const pictures = new Map([['image_urls', links]]);
  const masks = new Map([['mask', [mask]]]);
  expect(readMembers({ ...all }, faults, warnings)).toEqual({ ...read, pictures, masks, sentAs: new Map() });
  expect([faults, warnings]).toEqual([[], []]);
});

/** Counts the compiler's verdict as the assertion that every test has to make. */
const isHeld = (verdict: true): void => expect(verdict).toBe(true);

test('the filters of lists are those that the server knows', () => {
  isHeld(expectTypeOf<keyof TaskFilter>().toEqualTypeOf<Exclude<keyof Query, 'cursor'> | 'metadata'>());
  isHeld(expectTypeOf<Given<Pick<TaskFilter, PlainFilter>>>().toEqualTypeOf<Pick<Query, PlainFilter>>());
  isHeld(expectTypeOf<Given<DeliveryFilter>>().toEqualTypeOf<Omit<DeliveryQuery, 'cursor'>>());
});

test('what is said of webhooks is what the server reads', () => {
  isHeld(expectTypeOf<Given<NewWebhookBody>>().toEqualTypeOf<Outputs<typeof endpointMembers>>());
  isHeld(expectTypeOf<Given<WebhookChangeBody>>().toEqualTypeOf<Outputs<typeof endpointChangeMembers>>());
  isHeld(expectTypeOf<Given<WebhookReplayBody>>().toEqualTypeOf<Outputs<typeof replayMembers>>());
});

test('a picture can be asked for in the formats that the server makes', () => {
  isHeld(expectTypeOf<Exclude<PictureOptions['format'], undefined>>().toEqualTypeOf<RenditionFormat>());
});
