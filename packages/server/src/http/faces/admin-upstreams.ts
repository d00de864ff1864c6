// For the operator: how each upstream and each of its keys fares at this moment, and the end of a pause.

import { RequestError } from '../../core/errors.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../authorization.ts';

/** What this face asks of the router: the snapshot is plain JSON and goes out as it is. */
export interface UpstreamStates {
  snapshot(): readonly { name: string }[];
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
  function admit(header: string | undefined): void {
    if (authorize(header).role !== 'admin')
      throw new RequestError('forbidden', 'This call needs an admin key.');
  }
  return (app, answers) => {
    app.get(path, (request, reply) => {
      admit(request.headers.authorization);
      return answers.success(request, reply, JSON.stringify({ upstreams: router.snapshot() }));
    });
    app.post<{ Params: { name: string } }>(`${path}/:name/resume`, (request, reply) => {
      admit(request.headers.authorization);
      const { name } = request.params;
      if (!router.unpause(name))
        throw new RequestError('not_found', 'There is no upstream of this name in the settings.');
      const upstreams = router.snapshot().filter((upstream) => upstream.name === name);
      return answers.success(request, reply, JSON.stringify({ upstreams }));
    });
  };
}
