// The endpoints of a key: where webhooks of its tasks go, which ones, and what they are signed with.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import { finalEvents, newDeliveryId, newEndpointId, newWebhookSecret } from '../../core/webhooks/webhook.ts';
import type { WebhookEndpoint, WebhookStore } from '../../core/webhooks/webhook-store.ts';
import type { CheckWebhookUrl } from '../../core/webhooks/webhook-url.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { untilGone } from '../connections/client-gone.ts';
import type { Body } from '../body/body-fields.ts';
import type { BodyReader } from '../body/read-body.ts';
import { readEndpointChange, readNewEndpoint } from '../queries/webhook-members.ts';
import { deliveryWithAttempts, endpointData } from '../views/webhook-view.ts';

export interface WebhooksParts {
  authorize: Authorize;
  bodies: BodyReader;
  store: WebhookStore;
  checkUrl: CheckWebhookUrl;
  deliverer: {
    wake(): void;
    /** Resolves when an attempt of this delivery is on record. */
    attempted(deliveryId: string, signal: AbortSignal): Promise<void>;
  };
  /** How long a test waits for its first attempt. */
  testWaitMs: number;
  clock: Clock;
}

export const webhooksPath = '/api/webhooks';
export const maxBodyBytes = 65_536;
const maxEndpoints = 20;
/** How long a secret is believed after it was replaced. */
const rotationMs = 24 * 3_600_000;

type OfOne = FastifyRequest<{ Params: { id: string } }>;

export function webhooksFace(parts: WebhooksParts): Face {
  const { authorize, bodies, store, checkUrl, deliverer, testWaitMs, clock } = parts;
  const callerOf = async (request: FastifyRequest) => (await authorize(request.headers.authorization)).keyId;

  async function own(request: OfOne): Promise<WebhookEndpoint> {
    return ownEndpoint(store, request.params.id, await callerOf(request));
  }

  function read<T>(
    request: FastifyRequest,
    keyId: string,
    work: (fields: Body['fields']) => Promise<T>,
  ): Promise<T> {
    return bodies.use(request.raw, { keyId, limit: maxBodyBytes }, ({ fields }) => work(fields));
  }

  async function create(request: FastifyRequest) {
    const keyId = await callerOf(request);
    return await read(request, keyId, async (fields) => {
      const { url, events = finalEvents, description = '' } = readNewEndpoint(fields, checkUrl);
      const off = { failingSince: null, disabledAt: null, disabledReason: null };
      const createdAt = clock.now();
      const endpoint = { id: newEndpointId(), keyId, url, events, description, createdAt, ...off };
      const secret = newWebhookSecret();
      if (!(await store.insertEndpoint(endpoint, secret, maxEndpoints)))
        throw new RequestError('conflict', `A key may have ${maxEndpoints} endpoints. Delete one first.`);
      return { ...endpointData(endpoint), secret };
    });
  }

  async function change(request: OfOne) {
    const { id, keyId } = await own(request);
    await read(request, keyId, (fields) =>
      store.changeEndpoint(id, readEndpointChange(fields, checkUrl), clock.now()),
    );
    return endpointData(await ownEndpoint(store, id, keyId));
  }

  async function rotate(owner: string) {
    const at = clock.now();
    const secret = newWebhookSecret();
    const oldExpiresAt = at + rotationMs;
    await store.rotateSecret(owner, secret, { at, oldExpiresAt });
    return { secret, previous_secret_expires_at: String(Math.floor(oldExpiresAt / 1000)) };
  }

  async function ownSecret(keyId: string) {
    await store.ensureSecret(keyId, newWebhookSecret(), clock.now());
    const [current] = await store.secretsOf(keyId, clock.now());
    return { secret: current?.secret };
  }

  /** Answers as soon as the test has been tried; with what is known by then when that takes too long. */
  async function test(request: OfOne, reply: FastifyReply) {
    const endpoint = await own(request);
    const id = newDeliveryId();
    const signal = AbortSignal.any([untilGone(reply), AbortSignal.timeout(testWaitMs)]);
    const attempted = deliverer.attempted(id, signal).catch(() => {});
    await store.insertTest(id, endpoint, clock.now());
    deliverer.wake();
    await attempted;
    return deliveryWithAttempts(store, id);
  }

  return (app, answers) => {
    const answer =
      <Request extends FastifyRequest>(work: (request: Request, reply: FastifyReply) => unknown) =>
      async (request: Request, reply: FastifyReply) =>
        answers.success(request, reply, JSON.stringify(await work(request, reply)));

    app.post(webhooksPath, answer(create));
    app.get(
      webhooksPath,
      answer(async (request) => ({
        webhooks: (await store.listEndpoints(await callerOf(request))).map(endpointData),
      })),
    );
    app.get(
      `${webhooksPath}/secret`,
      answer(async (request) => ownSecret(await callerOf(request))),
    );
    app.post(
      `${webhooksPath}/secret/rotate`,
      answer(async (request) => rotate(await callerOf(request))),
    );
    app.get(
      `${webhooksPath}/:id`,
      answer(async (request: OfOne) => endpointData(await own(request))),
    );
    app.patch(`${webhooksPath}/:id`, answer(change));
    app.delete(
      `${webhooksPath}/:id`,
      answer(async (request: OfOne) => {
        const { id } = await own(request);
        await store.deleteEndpoint(id, clock.now());
        return { webhook_id: id, deleted: true };
      }),
    );
    app.post(
      `${webhooksPath}/:id/rotate`,
      answer(async (request: OfOne) => rotate((await own(request)).id)),
    );
    app.post(`${webhooksPath}/:id/test`, answer(test));
  };
}

/** Rejects with `RequestError` (`not_found`), the same for another key's endpoint and for one that never was. */
export async function ownEndpoint(
  store: Pick<WebhookStore, 'findEndpoint'>,
  id: string,
  keyId: string,
): Promise<WebhookEndpoint> {
  const endpoint = await store.findEndpoint(id);
  if (endpoint?.keyId !== keyId)
    throw new RequestError('not_found', 'This key has no webhook endpoint with this id.');
  return endpoint;
}
