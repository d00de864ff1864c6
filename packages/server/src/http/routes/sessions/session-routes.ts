// The calls by which a person signs in and out, and what is sent to them.

import * as z from 'zod';
import { key, ownPage } from '../../access/access.ts';
import { data, fieldsOf } from '../../route/forms.ts';
import { members } from '../../route/members.ts';
import { route } from '../../route/route.ts';

const keyRule = 'must be a key';
const linkRule = 'must be the secret of a sign-in link';
const signInMembers = members({
  key: z
    .string(keyRule)
    .trim()
    .min(1, keyRule)
    .max(1_000, keyRule)
    .meta({ description: 'An API key', examples: ['plantain_7MV2…'] }),
  link: z
    .string(linkRule)
    .trim()
    .min(1, linkRule)
    .max(1_000, linkRule)
    .meta({ description: 'Instead of a key: what stands behind #sign-in= in a sign-in link' }),
  keep: z
    .boolean('must be true or false')
    .meta({ description: 'Whether the browser keeps the session when it is closed' }),
});

const shared = { tag: 'Operating', counts: 'nothing' } as const;

export const sessionRoutes = {
  signIn: route({
    ...shared,
    method: 'post',
    path: '/api/session',
    summary: 'Sign in with a key or a link',
    description:
      'For the console: sets a cookie that no script can read, by which calls of this API are made without a key from then on. A page of the server itself has to ask, with its Origin.',
    access: ownPage,
    body: fieldsOf(() => signInMembers, { maxBytes: 16_384, example: { key: 'plantain_7MV2…', keep: true } }),
    answers: data('Session', 'The session, whose secret is in the cookie alone'),
    refusals: ['invalid_request', 'unauthenticated', 'rate_limited', 'too_large', 'unsupported_media'],
  }),
  getSession: route({
    ...shared,
    method: 'get',
    path: '/api/session',
    summary: 'Show the session of the cookie',
    access: key,
    answers: data('Session', 'The session that asks'),
    refusals: ['not_found'],
  }),
  signOut: route({
    ...shared,
    method: 'delete',
    path: '/api/session',
    summary: 'Sign out',
    description: 'Ends the session of the cookie, and deletes the cookie.',
    access: key,
    answers: data('SessionDeleted', 'The session is over'),
    refusals: ['not_found'],
  }),
  listSessions: route({
    ...shared,
    method: 'get',
    path: '/api/sessions',
    summary: 'List the sessions of the key',
    access: key,
    answers: data('Sessions', 'The sessions that have not ended'),
  }),
  signOutEverywhere: route({
    ...shared,
    method: 'delete',
    path: '/api/sessions',
    summary: 'Sign out everywhere',
    description: 'Ends all sessions of the key, also that of the cookie.',
    access: key,
    answers: data('SessionsDeleted', 'How many sessions were ended'),
  }),
};
