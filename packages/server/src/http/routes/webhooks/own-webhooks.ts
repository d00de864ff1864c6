// Endpoints and deliveries for whoever holds their key. Those of another key are refused as those that never were.

import type { WebhookDeliveryData } from '@plantain/client';
import { RequestError } from '../../../core/errors.ts';
import type { WebhookDelivery, WebhookEndpoint, WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import { deliveryWithAttempts } from '../../views/webhook-view.ts';

/** Rejects with `RequestError` (`not_found`). */
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

/** Rejects with `RequestError` (`not_found`). */
export async function ownDelivery(
  store: Pick<WebhookStore, 'findDelivery'>,
  id: string,
  keyId: string,
): Promise<WebhookDelivery> {
  const delivery = await store.findDelivery(id);
  if (delivery?.keyId !== keyId) throw unknownDelivery();
  return delivery;
}

/** A delivery with its attempts. Rejects with `RequestError` (`not_found`) where it was deleted meanwhile. */
export async function shownDelivery(
  store: Pick<WebhookStore, 'findDelivery' | 'attemptsOf'>,
  id: string,
): Promise<WebhookDeliveryData> {
  const shown = await deliveryWithAttempts(store, id);
  if (shown === null) throw unknownDelivery();
  return shown;
}

function unknownDelivery(): RequestError {
  return new RequestError('not_found', 'This key has no delivery with this id, or its record was deleted.');
}
