// Deliveries of a key's webhooks: what became of each, and sending them again.

import { RequestError } from '../../../core/errors.ts';
import type { Face } from '../../app.ts';
import { deliveryData } from '../../views/webhook-view.ts';
import { ownDelivery, ownEndpoint, shownDelivery } from './own-webhooks.ts';
import { checkRange, cursorBehind, deliveryFilter, replayFilter } from './webhook-members.ts';
import { deliveryRoutes } from './webhook-routes.ts';
import type { WebhooksParts } from './webhooks.ts';

/** How many a transaction makes due again, so that it holds up no submit. */
const replayedAtOnce = 500;

export function webhookDeliveriesFace({
  serve,
  store,
  deliverer,
  clock,
}: Pick<WebhooksParts, 'serve' | 'store' | 'deliverer' | 'clock'>): Face {
  return serve(deliveryRoutes, {
    async listDeliveries({ caller: { keyId }, query }) {
      const filter = deliveryFilter(query);
      const { limit } = filter;
      // One more than wanted tells whether there is another page.
      const found = await store.listDeliveries({ keyId, ...filter, limit: limit + 1 });
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        deliveries: found.slice(0, limit).map(deliveryData),
        next_cursor: last === undefined ? null : cursorBehind(last),
      };
    },
    async getDelivery({ caller, params }) {
      const { id } = await ownDelivery(store, params.id, caller.keyId);
      return await shownDelivery(store, id);
    },
    async replayDelivery({ caller, params }) {
      const { id } = await ownDelivery(store, params.id, caller.keyId);
      if (!(await store.replayDelivery(id, clock.now()))) throw endpointIsOff();
      deliverer.wake();
      return await shownDelivery(store, id);
    },
    async replayDeliveries({ caller: { keyId }, readBody }) {
      const at = clock.now();
      const { states, endpointId, ...range } = replayFilter(await readBody(checkRange), at);
      if (endpointId !== undefined && (await ownEndpoint(store, endpointId, keyId)).disabledAt !== null)
        throw endpointIsOff();
      const filter = { keyId, ...(endpointId === undefined ? {} : { endpointId }), ...range };
      let replayed = 0;
      for (const state of states)
        for (let more = replayedAtOnce; more === replayedAtOnce; replayed += more)
          more = await store.replayDeliveries({ ...filter, state, at, limit: replayedAtOnce });
      deliverer.wake();
      return { replayed };
    },
  });
}

function endpointIsOff(): RequestError {
  return new RequestError(
    'conflict',
    'The endpoint is switched off or was deleted. Switch it on first: PATCH it with "enabled": true.',
  );
}
