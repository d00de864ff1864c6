// For the operator: the audit log, newest first. It is only read: no call changes or deletes an entry.

import * as z from 'zod';
import type { AuditEntryData } from '@plantain/client';
import {
  acts,
  type AuditPlace,
  type AuditQuery,
  type AuditStore,
  type StoredAuditEntry,
} from '../../../core/audit/audit.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { pageSize, usuallyListed } from '../../queries/task-query.ts';
import { data, queryOf } from '../../route/forms.ts';
import { members, type Values } from '../../route/members.ts';
import { unixTime } from '../../route/number-members.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';

const text = z.string('must be one text').max(200, 'must have at most 200 characters');
const auditMembers = members({
  act: z.enum(acts, `must be one of ${acts.join(', ')}`).meta({ description: 'Only acts of this kind' }),
  who: text.meta({ description: 'Only acts of this key, by its id; or of cli, settings, declared or open' }),
  subject: text.meta({ description: 'Only acts on what has this id or name' }),
  from: unixTime.meta({ description: 'Unix seconds: acts of this second or later' }),
  to: unixTime.meta({ description: 'Unix seconds: acts before this second' }),
  limit: pageSize.meta({ description: 'How many entries a page has', default: usuallyListed }),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}$/, 'must be a next_cursor of a page before')
    .meta({ description: 'next_cursor of the page before' }),
});

export const auditRoutes = {
  listAudit: route({
    method: 'get',
    path: '/api/admin/audit',
    tag: 'Operating',
    summary: 'Who did what: the acts of admins, of commands and of starts',
    description:
      'Needs an admin key. Entries are never changed, and are deleted after `audit_lifetime_seconds`.',
    access: adminKey,
    query: queryOf(auditMembers),
    answers: data('Audit', 'The entries, newest first'),
    refusals: ['invalid_request'],
  }),
};

export function adminAuditFace({
  serve,
  store,
}: {
  serve: Serve;
  store: Pick<AuditStore, 'listAudit'>;
}): Face {
  return serve(auditRoutes, {
    async listAudit({ query }) {
      const asked = toQuery(query);
      // One more tells whether there is another page.
      const found = await store.listAudit({ ...asked, limit: asked.limit + 1 });
      const entries = found.slice(0, asked.limit);
      const last = found.length > asked.limit ? entries.at(-1) : undefined;
      return {
        entries: entries.map(entryData),
        next_cursor: last === undefined ? null : `${last.at}.${last.number}`,
      };
    },
  });
}

function toQuery({
  from,
  to,
  cursor,
  limit = usuallyListed,
  ...filters
}: Values<(typeof auditMembers)['table']>): AuditQuery {
  return {
    ...filters,
    limit,
    ...(from === undefined ? {} : { from: from * 1000 }),
    ...(to === undefined ? {} : { to: to * 1000 }),
    ...(cursor === undefined ? {} : { before: placeOf(cursor) }),
  };
}

function placeOf(cursor: string): AuditPlace {
  const [at, number] = cursor.split('.');
  return { at: Number(at), number: Number(number) };
}

function entryData(entry: StoredAuditEntry): AuditEntryData {
  const { at, act, who, whoName, subject, before, after, address, requestId } = entry;
  return {
    at: secondsText(at),
    act,
    who,
    who_name: whoName,
    subject,
    before,
    after,
    address,
    request_id: requestId,
  };
}
