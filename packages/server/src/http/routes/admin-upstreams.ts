// For the operator: how each upstream and each of its keys fares at this moment, and the end of a pause.

import type { UpstreamData, UpstreamsData } from '@plantain/client';
import { RequestError } from '../../core/errors.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { adminOnly } from './admin-only.ts';

/** What this face asks of the router. */
export interface UpstreamStates {
  snapshot(): UpstreamData[];
  /** False when there is no upstream of this name. */
  unpause(upstreamName: string): boolean;
}

const path = '/api/admin/upstreams';

export function adminUpstreamsFace({
  authorize,
  router,
}: {
  authorize: Authorize;
  router: UpstreamStates;
}): Face {
  const admit = adminOnly(authorize);
  return (app, answers) => {
    app.get(path, (request, reply) => {
      admit(request.headers.authorization);
      const data: UpstreamsData = { upstreams: router.snapshot() };
      return answers.success(request, reply, JSON.stringify(data));
    });
    app.post<{ Params: { name: string } }>(`${path}/:name/resume`, (request, reply) => {
      admit(request.headers.authorization);
      const { name } = request.params;
      if (!router.unpause(name))
        throw new RequestError('not_found', 'There is no upstream of this name in the settings.');
      const data: UpstreamsData = {
        upstreams: router.snapshot().filter((upstream) => upstream.name === name),
      };
      return answers.success(request, reply, JSON.stringify(data));
    });
  };
}
