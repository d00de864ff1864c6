// The calls by which the operator manages owners, and what is sent to them.

import * as z from 'zod';
import { maxWeight, minWeight } from '../../../core/order/turns.ts';
import { keyManager } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { pageSize, usuallyListed } from '../../queries/task-query.ts';
import { data, fieldsOf, inPath, queryOf } from '../../route/forms.ts';
import { members } from '../../route/members.ts';
import { route } from '../../route/route.ts';
import { nameMember, wrongName } from './key-members.ts';
import { limitedMembers } from './limited-members.ts';

export const ownersPath = '/api/admin/owners';
const maxBytes = 16_384;

const weightRule = `must be a number from ${minWeight} to ${maxWeight}`;
const owner = {
  name: nameMember,
  weight: z
    .preprocess(
      (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
      z.number(weightRule).min(minWeight, weightRule).max(maxWeight, weightRule),
    )
    .meta({ description: 'Share of the server’s work beside other owners', default: 1 }),
  shared: z
    .preprocess(
      (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
      z.boolean('must be true or false'),
    )
    .meta({
      description:
        'Whether each of its keys may see and change the tasks and batches of the others by their ids; lists and the stream of all tasks have those of the key itself',
      default: false,
    }),
  ...limitedMembers,
};

export const newOwnerMembers = members(owner, { needed: { name: wrongName } });
export const ownerChangeMembers = members(owner);
const pageMembers = members({
  limit: pageSize.meta({ description: 'How many owners a page has', default: usuallyListed }),
  cursor: z
    .string('must be one text')
    .regex(/^\d{1,15}\.own_[\w-]{1,64}$/, 'must be a next_cursor of a page before')
    .meta({ description: 'next_cursor of the page before' }),
});

const params = { owner_id: inPath('The owner’s id', answerExamples.Owner.owner_id) };
const shared = { tag: 'Operating', description: 'Needs an admin key.', access: keyManager } as const;
const refusedBody = ['invalid_request', 'too_large', 'unsupported_media'] as const;
const budget = { period: 'month', amount_micro_usd: 5_000_000, time_zone: 'Europe/Berlin' };

export const ownerRoutes = {
  listOwners: route({
    ...shared,
    method: 'get',
    path: ownersPath,
    summary: 'List owners',
    query: queryOf(pageMembers),
    answers: data('Owners', 'Owners that are not deleted, oldest first'),
    refusals: ['invalid_request'],
  }),
  createOwner: route({
    ...shared,
    method: 'post',
    path: ownersPath,
    summary: 'Make an owner',
    audited: 'owner.create',
    body: fieldsOf(() => newOwnerMembers, { maxBytes, example: { name: 'Acme', weight: 1, budget } }),
    answers: data('Owner', 'The owner'),
    refusals: refusedBody,
  }),
  getOwner: route({
    ...shared,
    method: 'get',
    path: `${ownersPath}/{owner_id}`,
    summary: 'Show an owner',
    params,
    answers: data('Owner', 'The owner'),
    refusals: ['not_found'],
  }),
  changeOwner: route({
    ...shared,
    method: 'patch',
    path: `${ownersPath}/{owner_id}`,
    summary: 'Change an owner, its limits or its budget',
    audited: 'owner.change',
    params,
    body: fieldsOf(() => ownerChangeMembers, { maxBytes, example: { weight: 2, limits: { running: 4 } } }),
    answers: data('Owner', 'The owner as it is now'),
    refusals: [...refusedBody, 'not_found'],
  }),
  deleteOwner: route({
    ...shared,
    method: 'delete',
    path: `${ownersPath}/{owner_id}`,
    summary: 'Delete an owner',
    audited: 'owner.delete',
    description:
      'Needs an admin key. Its keys are revoked at once. Its tasks with their pictures, its uploaded files, its endpoints of webhooks, and the batches and documents of clients of other APIs are deleted soon after that; a task that runs is cancelled first. What it was charged stays under its id.',
    params,
    answers: data('OwnerDeleted', 'Which owner was deleted'),
    refusals: ['not_found', 'conflict'],
  }),
};
