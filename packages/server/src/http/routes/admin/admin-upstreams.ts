// For the operator: how each upstream and each of its keys fares at this moment, and the end of a pause.

import type { UpstreamData } from '@plantain/client';
import { RequestError } from '../../../core/errors.ts';
import type { RecentCounts } from '../../../core/upstreams/recent-counts.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { data, inPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';

/** Parts of the router that this face asks. */
export interface UpstreamStates {
  snapshot(): UpstreamData[];
  /** False when there is no upstream of this name. */
  unpause(upstreamName: string): boolean;
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
    params: { name: inPath('The upstream’s name in the settings', 'gemini') },
    answers: data('Upstreams', 'That upstream'),
    refusals: ['not_found'],
  }),
};

export function adminUpstreamsFace({
  serve,
  router,
  counts,
}: {
  serve: Serve;
  router: UpstreamStates;
  counts: Pick<RecentCounts, 'refresh'>;
}): Face {
  return serve(upstreamRoutes, {
    async listUpstreams() {
      await counts.refresh();
      return { upstreams: router.snapshot() };
    },
    resumeUpstream({ params: { name } }) {
      if (!router.unpause(name))
        throw new RequestError('not_found', 'There is no upstream of this name in the settings.');
      return { upstreams: router.snapshot().filter((upstream) => upstream.name === name) };
    },
  });
}
