// The calls for operators in the document.

import { keyChangeMembers, newKeyMembers } from '../routes/admin-keys.ts';
import { overviewQueryMembers } from '../routes/admin-overview.ts';
import { answerExamples } from './examples.ts';
import { bodyOf, describeMembers, type JsonSchema } from './json-schema.ts';
import { answer, inPath, inQuery, type Operation } from './operation.ts';

const root = '/api/admin';
const keyId = inPath('id', 'The key’s id', answerExamples.Key.key_id);
const expiresAt = { description: 'Unix seconds; null for never' };
const body = (schema: JsonSchema, example: object): object => ({
  required: true,
  content: { 'application/json': { schema, example }, 'application/x-www-form-urlencoded': { schema } },
});
const refusedBody = ['invalid_request', 'too_large', 'unsupported_media', 'conflict'] as const;

// The time of the validators matters to what they say of a moment that has passed, and to nothing that is shown here.
const newKey = bodyOf(
  describeMembers(newKeyMembers(0).shape, {
    name: { description: 'For people', example: 'the shop' },
    role: { description: 'An admin may do everything here' },
    expires_at: expiresAt,
    expires_in_seconds: { description: 'The same, from now on' },
  }),
  ['name'],
);
const keyChange = bodyOf(
  describeMembers(keyChangeMembers(0).shape, {
    name: { description: 'For people' },
    expires_at: expiresAt,
  }),
);

export const adminOperations: readonly Operation[] = (
  [
    {
      id: 'listKeys',
      method: 'get',
      path: `${root}/keys`,
      summary: 'List API keys',
      answers: answer('Keys', 'The keys, without their secrets'),
    },
    {
      id: 'createKey',
      method: 'post',
      path: `${root}/keys`,
      summary: 'Make an API key',
      body: body(newKey, { name: 'the shop', expires_in_seconds: 7_776_000 }),
      answers: answer('NewKey', 'The key with its secret, which is shown this once'),
      refusals: refusedBody.filter((type) => type !== 'conflict'),
    },
    {
      id: 'changeKey',
      method: 'patch',
      path: `${root}/keys/{id}`,
      summary: 'Rename an API key, or change when it ends',
      parameters: [keyId],
      body: body(keyChange, { expires_at: 1_803_163_177 }),
      answers: answer('Key', 'The key as it is now'),
      refusals: [...refusedBody, 'not_found'],
    },
    {
      id: 'revokeKey',
      method: 'post',
      path: `${root}/keys/{id}/revoke`,
      summary: 'Revoke an API key',
      parameters: [keyId],
      answers: answer('Key', 'The key as it is now'),
      refusals: ['not_found', 'conflict'],
    },
    {
      id: 'deleteKey',
      method: 'delete',
      path: `${root}/keys/{id}`,
      summary: 'Revoke an API key, called as a deletion',
      parameters: [keyId],
      answers: answer('Key', 'The key as it is now'),
      refusals: ['not_found', 'conflict'],
    },
    {
      id: 'getOverview',
      method: 'get',
      path: `${root}/overview`,
      summary: 'How much there is to do, what was done, and the machine',
      parameters: inQuery(
        describeMembers(overviewQueryMembers.shape, {
          from: { description: 'Unix seconds; a day before to where it is left out' },
          to: { description: 'Unix seconds; now where it is left out' },
          step: { description: 'Seconds between two points; made larger where that would be too many' },
        }),
      ),
      answers: answer('Overview', 'Counts, durations, costs, disk and process'),
      refusals: ['invalid_request'],
    },
    {
      id: 'listSettings',
      method: 'get',
      path: `${root}/settings`,
      summary: 'Every setting that is in effect, and where it came from',
      answers: answer('Settings', 'The settings, without secrets'),
    },
    {
      id: 'listUpstreams',
      method: 'get',
      path: `${root}/upstreams`,
      summary: 'How each upstream and each of its keys fares',
      answers: answer('Upstreams', 'The upstreams, in the order of the settings'),
    },
    {
      id: 'resumeUpstream',
      method: 'post',
      path: `${root}/upstreams/{name}/resume`,
      summary: 'End all pauses of an upstream’s keys',
      parameters: [inPath('name', 'The upstream’s name in the settings', 'gemini')],
      answers: answer('Upstreams', 'That upstream'),
      refusals: ['not_found'],
    },
    {
      id: 'getUnreadAnswer',
      method: 'get',
      path: `${root}/tasks/{id}/attempts/{number}/answer`,
      summary: 'The whole answer of an upstream that could not be used',
      description:
        'Needs an admin key. What came, as a file of JSON: status, headers, length, hash, names and types of members; with `unread_answer_text` its text, without keys and the prompt. Kept are the latest 100, for 7 days.',
      parameters: [
        inPath('id', 'The task’s id', '01a2056a-2a83-72c6-972a-2013e9fd9af3'),
        inPath('number', 'The attempt’s number', '1'),
      ],
      answers: {
        200: {
          description: 'The answer',
          content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
        },
      },
      refusals: ['not_found'],
    },
  ] satisfies Omit<Operation, 'tag'>[]
).map((operation: Omit<Operation, 'tag'>) =>
  Object.assign({ tag: 'Operating' as const, description: 'Needs an admin key.' }, operation, {
    refusals: [...(operation.refusals ?? []), 'forbidden' as const],
  }),
);
