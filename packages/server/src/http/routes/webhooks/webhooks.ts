// The endpoints of a key: where webhooks of its tasks go, which ones, and what they are signed with.

import type { RotatedSecretData } from '@plantain/client';
import { RequestError } from '../../../core/errors.ts';
import {
  finalEvents,
  newDeliveryId,
  newEndpointId,
  newWebhookSecret,
} from '../../../core/webhooks/webhook.ts';
import type { WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import type { CheckWebhookUrl } from '../../../core/webhooks/webhook-url.ts';
import type { Clock } from '../../../lib/clock.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';
import type { Face } from '../../app.ts';
import { untilGone } from '../../connections/client-gone.ts';
import type { Check } from '../../route/members.ts';
import type { Serve } from '../../route/serve.ts';
import { endpointData } from '../../views/webhook-view.ts';
import { ownEndpoint, shownDelivery } from './own-webhooks.ts';
import { endpointRoutes } from './webhook-routes.ts';

export interface WebhooksParts {
  serve: Serve;
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

const maxEndpoints = 20;
/** How long a secret is believed after it was replaced. */
const rotationMs = 24 * 3_600_000;

interface OfOne {
  caller: { keyId: string };
  params: { id: string };
}

export function webhooksFace(parts: WebhooksParts): Face {
  const { serve, store, checkUrl, deliverer, testWaitMs, clock } = parts;
  const own = ({ params, caller }: OfOne) => ownEndpoint(store, params.id, caller.keyId);
  const checkGiven: Check<{ url: string }> = ({ url }, faults) => {
    const fault = url === undefined ? null : checkUrl(url);
    if (fault !== null) faults.push({ path: 'url', message: fault });
  };

  return serve(endpointRoutes, {
    async createWebhook({ caller: { keyId }, readBody }) {
      const { url, events = finalEvents, description = '' } = await readBody(checkGiven);
      const off = { failingSince: null, disabledAt: null, disabledReason: null };
      const createdAt = clock.now();
      const endpoint = { id: newEndpointId(), keyId, url, events, description, createdAt, ...off };
      const secret = newWebhookSecret();
      if (!(await store.insertEndpoint(endpoint, secret, maxEndpoints)))
        throw new RequestError('conflict', `A key may have ${maxEndpoints} endpoints. Delete one first.`);
      return { ...endpointData(endpoint), secret };
    },
    listWebhooks: async ({ caller }) => ({
      webhooks: (await store.listEndpoints(caller.keyId)).map(endpointData),
    }),
    getWebhook: async (call) => endpointData(await own(call)),
    async changeWebhook(call) {
      const { id, keyId } = await own(call);
      await store.changeEndpoint(id, await call.readBody(checkGiven), clock.now());
      return endpointData(await ownEndpoint(store, id, keyId));
    },
    async deleteWebhook(call) {
      const { id } = await own(call);
      await store.deleteEndpoint(id, clock.now());
      return { webhook_id: id, deleted: true };
    },
    rotateWebhook: async (call) => rotate(parts, (await own(call)).id),
    /** Answers as soon as the test has been tried; with what is known by then when that takes too long. */
    async testWebhook(call) {
      const endpoint = await own(call);
      const id = newDeliveryId();
      const signal = AbortSignal.any([untilGone(call.reply), AbortSignal.timeout(testWaitMs)]);
      const attempted = deliverer.attempted(id, signal).catch(() => {});
      await store.insertTest(id, endpoint, clock.now());
      deliverer.wake();
      await attempted;
      return await shownDelivery(store, id);
    },
    async getWebhookSecret({ caller: { keyId } }) {
      const now = clock.now();
      await store.ensureSecret(keyId, newWebhookSecret(), now);
      const [current] = await store.secretsOf(keyId, clock.now());
      return { secret: current?.secret ?? '' };
    },
    rotateWebhookSecret: ({ caller }) => rotate(parts, caller.keyId),
  });
}

/** Gives an owner, a key or an endpoint, a new secret. */
async function rotate({ store, clock }: WebhooksParts, owner: string): Promise<RotatedSecretData> {
  const at = clock.now();
  const secret = newWebhookSecret();
  const oldExpiresAt = at + rotationMs;
  await store.rotateSecret(owner, secret, { at, oldExpiresAt });
  return { secret, previous_secret_expires_at: secondsText(oldExpiresAt) };
}
