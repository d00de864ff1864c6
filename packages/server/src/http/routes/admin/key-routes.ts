// The calls by which the operator manages API keys, and what is sent to them.

import * as z from 'zod';
import { maxKeyNameLength } from '../../../core/keys/keys.ts';
import { keyManager } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { data, fieldsOf, inPath } from '../../route/forms.ts';
import { members } from '../../route/members.ts';
import { latestSeconds, timeFault, wholeNumber } from '../../route/number-members.ts';
import { route } from '../../route/route.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';

export const keysPath = '/api/admin/keys';
const maxBytes = 16_384;

const nameRule = `must have 1 to ${maxKeyNameLength} characters`;
const wrongName = 'must be a string';
const name = z.string(wrongName).trim().min(1, nameRule).max(maxKeyNameLength, nameRule);
const asNumber = (value: unknown) => (typeof value === 'string' ? Number(value || Number.NaN) : value);

const expiresAt = (now: number) =>
  wholeNumber(timeFault, { read: asNumber })
    .pipe(
      z
        .int()
        .min(unixSeconds(now) + 1, 'must lie ahead')
        .max(latestSeconds, timeFault),
    )
    .nullable()
    .meta({ description: 'Unix seconds; null for never' });

/** Members that make a key; `now` in Unix milliseconds, as an end has to lie ahead. */
function newKeyMembers(now: number) {
  const most = latestSeconds - Math.ceil(now / 1000);
  const rule = `must be a whole number from 1 to ${most}`;
  return members(
    {
      name: name.meta({ description: 'For people', examples: ['the shop'] }),
      role: z
        .enum(['user', 'admin'], 'must be user or admin')
        .meta({ description: 'An admin may do everything here', default: 'user' }),
      expires_at: expiresAt(now),
      expires_in_seconds: wholeNumber(rule, { read: asNumber })
        .pipe(z.int().min(1, rule).max(most, rule))
        .nullable()
        .meta({ description: 'Seconds from now on, instead of expires_at' }),
    },
    { needed: { name: wrongName } },
  );
}

const keyChangeMembers = (now: number) =>
  members({ name: name.meta({ description: 'For people' }), expires_at: expiresAt(now) });

const params = { id: inPath('The key’s id', answerExamples.Key.key_id) };
const shared = { tag: 'Operating', description: 'Needs an admin key.', access: keyManager } as const;
const refusedBody = ['invalid_request', 'too_large', 'unsupported_media'] as const;

export const keyRoutes = {
  listKeys: route({
    ...shared,
    method: 'get',
    path: keysPath,
    summary: 'List API keys',
    answers: data('Keys', 'The keys, without their secrets'),
  }),
  createKey: route({
    ...shared,
    method: 'post',
    path: keysPath,
    summary: 'Make an API key',
    audited: 'key.create',
    body: fieldsOf(newKeyMembers, { maxBytes, example: { name: 'the shop', expires_in_seconds: 7_776_000 } }),
    answers: data('NewKey', 'The key with its secret, which is shown this once'),
    refusals: refusedBody,
  }),
  changeKey: route({
    ...shared,
    method: 'patch',
    path: `${keysPath}/{id}`,
    summary: 'Rename an API key, or change when it ends',
    audited: 'key.change',
    params,
    body: fieldsOf(keyChangeMembers, { maxBytes, example: { expires_at: 1_803_163_177 } }),
    answers: data('Key', 'The key as it is now'),
    refusals: [...refusedBody, 'conflict', 'not_found'],
  }),
  revokeKey: route({
    ...shared,
    method: 'post',
    path: `${keysPath}/{id}/revoke`,
    summary: 'Revoke an API key',
    audited: 'key.revoke',
    params,
    answers: data('Key', 'The key as it is now'),
    refusals: ['not_found', 'conflict'],
  }),
  deleteKey: route({
    ...shared,
    method: 'delete',
    path: `${keysPath}/{id}`,
    summary: 'Revoke an API key, called as a deletion',
    audited: 'key.revoke',
    params,
    answers: data('Key', 'The key as it is now'),
    refusals: ['not_found', 'conflict'],
  }),
};
