// Waits for attempts of deliveries that another process may make: by asking the store.

import type { WebhookStore } from '../core/webhooks/webhook-store.ts';
import { pause, type StartTimer } from '../lib/timers.ts';
import type { WebhookDeliverer } from './deliver.ts';

/** Between two questions: far less than a call of a receiver may take. */
const askMs = 100;

/** Gives the deliverer's function of that name, for whichever process makes the attempt. */
export function createStoredAttempts(
  store: Pick<WebhookStore, 'findDelivery'>,
  startTimer: StartTimer,
): WebhookDeliverer['attempted'] {
  return async (deliveryId, signal) => {
    for (let tries = 0; tries === 0;) {
      await pause(startTimer, askMs, signal);
      tries = (await store.findDelivery(deliveryId))?.tries ?? 0;
    }
  };
}
