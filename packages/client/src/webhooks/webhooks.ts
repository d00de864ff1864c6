// The webhooks of a key: endpoints that are notified of its tasks, and their deliveries.

import type { CallOptions } from '../request/call-options.ts';
import { paged, type Paged, toQuery, withCursor } from '../request/pages.ts';
import { type Call, type Requester, segment } from '../request/request.ts';
import type {
  NewWebhookBody,
  NewWebhookData,
  RotatedSecretData,
  WebhookChangeBody,
  WebhookData,
  WebhookDeliveriesData,
  WebhookDeliveryData,
  WebhookReplayBody,
} from '../wire/webhook-types.ts';
import { verifyWebhook } from './verify-webhook.ts';

/** Conditions that listed deliveries meet. */
export interface DeliveryFilter {
  webhook_id?: string | undefined;
  task_id?: string | undefined;
  state?: WebhookDeliveryData['state'] | undefined;
  /** Deliveries of a page, 1 to 200. */
  limit?: number | undefined;
}

/** See `PlantainClient.webhooks`. */
export interface Webhooks {
  verify: typeof verifyWebhook;
  /** The secret is shown this once. */
  create(body: NewWebhookBody, options?: CallOptions): Promise<NewWebhookData>;
  list(options?: CallOptions): Promise<WebhookData[]>;
  get(id: string, options?: CallOptions): Promise<WebhookData>;
  update(id: string, change: WebhookChangeBody, options?: CallOptions): Promise<WebhookData>;
  delete(id: string, options?: CallOptions): Promise<{ webhook_id: string; deleted: true }>;
  /** A new secret; for a day deliveries are signed with the old one as well. */
  rotate(id: string, options?: CallOptions): Promise<RotatedSecretData>;
  /** Sends a message of the type `webhook.test`; resolves with its delivery. */
  test(id: string, options?: CallOptions): Promise<WebhookDeliveryData>;
  /** The secret that calls of `callback_url` are signed with. */
  secret(options?: CallOptions): Promise<{ secret: string }>;
  rotateSecret(options?: CallOptions): Promise<RotatedSecretData>;
  deliveries(
    filter?: DeliveryFilter,
    options?: CallOptions,
  ): Paged<WebhookDeliveryData, WebhookDeliveriesData>;
  delivery(id: string, options?: CallOptions): Promise<WebhookDeliveryData>;
  /** Sends one delivery again. */
  replay(deliveryId: string, options?: CallOptions): Promise<WebhookDeliveryData>;
  /** Sends all deliveries of a period again; resolves with their number. */
  replayAll(which: WebhookReplayBody, options?: CallOptions): Promise<{ replayed: number }>;
}

const path = '/api/webhooks';

export function createWebhooks({ request }: Requester): Webhooks {
  async function call<Data>(
    member: keyof Data & string,
    below: string,
    rest: Partial<Call> = {},
  ): Promise<Data> {
    return (await request<Data>(member, { ...rest, path: path + below, feature: 'send webhooks' })).data;
  }
  /** Calls that would act twice if they were sent twice. */
  const post = { method: 'POST', once: true } as const;
  const of = (id: string) => `/${segment(id)}`;

  return {
    verify: verifyWebhook,
    create: (json, { signal } = {}) => call('secret', '', { ...post, json, signal }),
    async list({ signal } = {}) {
      return (await call<{ webhooks: WebhookData[] }>('webhooks', '', { signal })).webhooks;
    },
    get: async (id, { signal } = {}) => await call('webhook_id', of(id), { signal }),
    update: async (id, json, { signal } = {}) =>
      await call('webhook_id', of(id), { method: 'PATCH', json, signal }),
    delete: async (id, { signal } = {}) => await call('webhook_id', of(id), { method: 'DELETE', signal }),
    rotate: async (id, { signal } = {}) => await call('secret', `${of(id)}/rotate`, { ...post, signal }),
    test: async (id, { signal } = {}) => await call('delivery_id', `${of(id)}/test`, { ...post, signal }),
    secret: async ({ signal } = {}) => await call('secret', '/secret', { signal }),
    rotateSecret: async ({ signal } = {}) => await call('secret', '/secret/rotate', { ...post, signal }),
    deliveries(filter = {}, { signal } = {}) {
      const query = toQuery(Object.entries(filter));
      return paged(
        async (cursor) =>
          await call<WebhookDeliveriesData>('deliveries', `/deliveries${withCursor(query, cursor)}`, {
            signal,
          }),
        ({ deliveries }) => deliveries,
      );
    },
    delivery: async (id, { signal } = {}) => await call('delivery_id', `/deliveries${of(id)}`, { signal }),
    replay: async (id, { signal } = {}) =>
      await call('delivery_id', `/deliveries${of(id)}/replay`, { ...post, signal }),
    replayAll: async (json, { signal } = {}) => await call('replayed', '/replay', { ...post, json, signal }),
  };
}
