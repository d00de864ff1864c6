// What became of a key's webhooks, and sending them again.

import type { FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import type { WebhookDelivery } from '../../core/webhooks/webhook-store.ts';
import type { Face } from '../app.ts';
import { cursorBehind, readDeliveryQuery, readReplay } from '../queries/webhook-members.ts';
import { deliveryData, deliveryWithAttempts } from '../views/webhook-view.ts';
import { maxBodyBytes, ownEndpoint, type WebhooksParts, webhooksPath } from './webhooks.ts';

/** How many a transaction makes due again, so that it holds up no submit. */
const replayedAtOnce = 500;

type OfOne = FastifyRequest<{ Params: { id: string } }>;

export function webhookDeliveriesFace(
  parts: Pick<WebhooksParts, 'authorize' | 'bodies' | 'store' | 'deliverer' | 'clock'>,
): Face {
  const { authorize, bodies, store, deliverer, clock } = parts;
  const callerOf = async (request: FastifyRequest) => (await authorize(request.headers.authorization)).keyId;

  async function own(request: OfOne): Promise<WebhookDelivery> {
    const delivery = await store.findDelivery(request.params.id);
    if (delivery?.keyId !== (await callerOf(request)))
      throw new RequestError(
        'not_found',
        'This key has no delivery with this id, or its record was deleted.',
      );
    return delivery;
  }

  async function list(request: FastifyRequest) {
    const query = readDeliveryQuery(request.query as Record<string, unknown>);
    const { limit } = query;
    // One more than wanted tells whether there is another page.
    const found = await store.listDeliveries({ keyId: await callerOf(request), ...query, limit: limit + 1 });
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      deliveries: found.slice(0, limit).map(deliveryData),
      next_cursor: last === undefined ? null : cursorBehind(last),
    };
  }

  async function replayOne(request: OfOne) {
    const { id } = await own(request);
    if (!(await store.replayDelivery(id, clock.now()))) throw endpointIsOff();
    deliverer.wake();
    return deliveryWithAttempts(store, id);
  }

  async function replayRange(request: FastifyRequest) {
    const keyId = await callerOf(request);
    const at = clock.now();
    const asked = await bodies.use(request.raw, { keyId, limit: maxBodyBytes }, async ({ fields }) =>
      readReplay(fields, at),
    );
    const { states, endpointId, ...range } = asked;
    if (endpointId !== undefined && (await ownEndpoint(store, endpointId, keyId)).disabledAt !== null)
      throw endpointIsOff();
    const filter = { keyId, ...(endpointId === undefined ? {} : { endpointId }), ...range };
    let replayed = 0;
    for (const state of states)
      for (let more = replayedAtOnce; more === replayedAtOnce; replayed += more)
        more = await store.replayDeliveries({ ...filter, state, at, limit: replayedAtOnce });
    deliverer.wake();
    return { replayed };
  }

  return (app, answers) => {
    app.get(`${webhooksPath}/deliveries`, async (request, reply) =>
      answers.success(request, reply, JSON.stringify(await list(request))),
    );
    app.get<{ Params: { id: string } }>(`${webhooksPath}/deliveries/:id`, async (request, reply) =>
      answers.success(
        request,
        reply,
        JSON.stringify(await deliveryWithAttempts(store, (await own(request)).id)),
      ),
    );
    app.post<{ Params: { id: string } }>(`${webhooksPath}/deliveries/:id/replay`, async (request, reply) =>
      answers.success(request, reply, JSON.stringify(await replayOne(request))),
    );
    app.post(`${webhooksPath}/replay`, async (request, reply) =>
      answers.success(request, reply, JSON.stringify(await replayRange(request))),
    );
  };
}

function endpointIsOff(): RequestError {
  return new RequestError(
    'conflict',
    'The endpoint is switched off or was deleted. Switch it on first: PATCH it with "enabled": true.',
  );
}
