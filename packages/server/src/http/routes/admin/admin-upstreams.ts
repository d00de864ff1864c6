// For the operator: how each upstream and each of its keys fares at this moment, and the end of a pause.

import type { UpstreamData } from '@plantain/client';
import { auditEntry, type AuditStore } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { RecentCalls } from '../../../core/upstreams/recent-calls.ts';
import type { RecentCounts } from '../../../core/upstreams/recent-counts.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { data, inPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';

/** Parts of the router that this face asks. */
export interface UpstreamStates {
  snapshot(elsewhere: readonly RecentCalls[]): UpstreamData[];
  /** Ends all pauses of the upstream's keys. */
  unpause(upstreamName: string): unknown;
}

const path = '/api/admin/upstreams';
const shared = { tag: 'Operating', description: 'Needs an admin key.', access: adminKey } as const;

export const upstreamRoutes = {
  listUpstreams: route({
    ...shared,
    method: 'get',
    path,
    summary: 'How each upstream and each of its keys fares',
    answers: data('Upstreams', 'The upstreams, in the order of the settings'),
  }),
  resumeUpstream: route({
    ...shared,
    method: 'post',
    path: `${path}/{name}/resume`,
    summary: 'End all pauses of an upstream’s keys',
    audited: 'upstream.resume',
    params: { name: inPath('The upstream’s name in the settings', 'gemini') },
    answers: data('Upstreams', 'That upstream'),
    refusals: ['not_found'],
  }),
};

export function adminUpstreamsFace({
  serve,
  store,
  router,
  counts,
  callsElsewhere,
}: {
  serve: Serve;
  store: Pick<AuditStore, 'appendAudit'>;
  router: UpstreamStates;
  counts: Pick<RecentCounts, 'refresh' | 'refreshDays'>;
  /** Gives the calls of other processes. */
  callsElsewhere: () => Promise<readonly RecentCalls[]>;
}): Face {
  async function describeAll(): Promise<UpstreamData[]> {
    const [elsewhere] = await Promise.all([callsElsewhere(), counts.refresh(), counts.refreshDays()]);
    return router.snapshot(elsewhere);
  }

  return serve(upstreamRoutes, {
    listUpstreams: async () => ({ upstreams: await describeAll() }),
    async resumeUpstream({ params: { name }, audited }) {
      if (!router.snapshot([]).some((upstream) => upstream.name === name))
        throw new RequestError('not_found', 'There is no upstream of this name in the settings.');
      // Before the act, which can't be undone where the entry can't be stored.
      await store.appendAudit(auditEntry(audited(), name, null, null));
      router.unpause(name);
      return { upstreams: (await describeAll()).filter((upstream) => upstream.name === name) };
    },
  });
}
