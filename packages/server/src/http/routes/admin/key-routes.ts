// The calls by which the operator manages API keys, and what is sent to them.

import { keyManager } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { data, fieldsOf, inPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { keyChangeMembers, newKeyMembers, rollMembers } from './key-members.ts';

export const keysPath = '/api/admin/keys';
const maxBytes = 16_384;

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
  getKey: route({
    ...shared,
    method: 'get',
    path: `${keysPath}/{id}`,
    summary: 'Show an API key',
    params,
    answers: data('Key', 'The key, without its secret'),
    refusals: ['not_found'],
  }),
  changeKey: route({
    ...shared,
    method: 'patch',
    path: `${keysPath}/{id}`,
    summary: 'Change an API key: its name, owner, rights, limits or end',
    audited: 'key.change',
    params,
    body: fieldsOf(keyChangeMembers, { maxBytes, example: { expires_at: 1_803_163_177 } }),
    answers: data('Key', 'The key as it is now'),
    refusals: [...refusedBody, 'conflict', 'not_found'],
  }),
  rollKey: route({
    ...shared,
    method: 'post',
    path: `${keysPath}/{id}/roll`,
    summary: 'Give an API key a new secret',
    description:
      'Needs an admin key. The secret before is taken until the overlap ends; one that was before that ends at once, and so do the sessions of the key, but for the one that asks.',
    audited: 'key.roll',
    params,
    body: fieldsOf(() => rollMembers, { maxBytes, example: { overlap_seconds: 3_600 }, optional: true }),
    answers: data('NewKey', 'The key with its new secret, which is shown this once'),
    refusals: [...refusedBody, 'conflict', 'not_found'],
  }),
  revokeKey: route({
    ...shared,
    method: 'post',
    path: `${keysPath}/{id}/revoke`,
    summary: 'Revoke an API key',
    description:
      'Needs an admin key. One that the settings have too: it stays revoked at the next start, which says so. Only the last admin key that works can’t be.',
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
