// Alerts: whom they are told, that each is told once, and what they are found by.

import { describe, expect } from 'vitest';
import type { Alert } from '../../core/alerts/alerts.ts';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import type { ApiKey } from '../../core/keys/key-store.ts';
import { owner } from '../../core/owners/owner.fixture.ts';
import { endpointEvents, finalEvents, newEndpointId } from '../../core/webhooks/webhook.ts';
import type { WebhookEndpoint } from '../../core/webhooks/webhook-store.ts';
import { dayMs } from '../../lib/time/days.ts';
import type { Store } from '../store.ts';
import { newTask, type OpenStore, start, storeTest } from './store.fixture.ts';
import { setLimited } from '../limits.fixture.ts';

const alert = (change: Partial<Alert> = {}): Alert => ({
  event: 'budget.threshold',
  subjectId: 'key_1',
  ownerId: 'own_1',
  occasion: 'now 50',
  at: start,
  endsAt: start + dayMs,
  data: '{"id":"key_1"}',
  ...change,
});

let hashes = 0;
/** Inserts a key with an endpoint that wants every event. */
async function addKey(
  store: Store,
  key: Partial<ApiKey>,
  endpoint: Partial<WebhookEndpoint> = {},
): Promise<void> {
  const added = apiKey(key);
  await store.insertKey(added, new Uint8Array(32).fill((hashes += 1)));
  await store.insertEndpoint(
    {
      id: newEndpointId(),
      keyId: added.id,
      url: `https://${added.id.replaceAll('_', '-')}.example/hook`,
      events: endpointEvents,
      description: '',
      createdAt: start,
      failingSince: null,
      disabledAt: null,
      disabledReason: null,
      ...endpoint,
    },
    'whsec_a',
    20,
  );
}

const told = async (store: Store, keyId: string) =>
  (await store.listDeliveries({ keyId, limit: 9 })).map(({ event, data, taskId, createdAt }) => ({
    event,
    data,
    taskId,
    createdAt,
  }));

export function testAlerts(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`alerts on ${name}`, () => {
    test('an alert is told once, to endpoints of the owner’s keys and of admins’', async ({ store }) => {
      await addKey(store, { id: 'key_1', ownerId: 'own_1' });
      await addKey(store, { id: 'key_2', ownerId: 'own_1' });
      await addKey(store, { id: 'key_3', ownerId: 'own_2' });
      await addKey(store, { id: 'key_4', role: 'admin' });
      await addKey(store, { id: 'key_5', ownerId: 'own_1', revokedAt: start });
      await addKey(store, { id: 'key_6', ownerId: 'own_1', expiresAt: start });
      await addKey(store, { id: 'key_7', ownerId: 'own_1' }, { events: finalEvents });
      const answers = await Promise.all([store.insertAlert(alert()), store.insertAlert(alert())]);
      expect(answers.filter((isNew) => isNew)).toHaveLength(1);
      const delivery = { event: 'budget.threshold', data: '{"id":"key_1"}', taskId: null, createdAt: start };
      for (const keyId of ['key_1', 'key_2', 'key_4']) expect(await told(store, keyId)).toEqual([delivery]);
      for (const keyId of ['key_3', 'key_5', 'key_6', 'key_7']) expect(await told(store, keyId)).toEqual([]);
      expect(await store.insertAlert(alert({ occasion: 'now 80' }))).toBe(true);
      expect(await told(store, 'key_1')).toHaveLength(2);
    });

    test('a key that is its own owner hears of itself, and no other does', async ({ store }) => {
      await addKey(store, { id: 'key_1' });
      await addKey(store, { id: 'key_2' });
      await store.insertAlert(alert({ event: 'key.expiring', ownerId: 'key_1' }));
      expect(await told(store, 'key_1')).toMatchObject([{ event: 'key.expiring' }]);
      expect(await told(store, 'key_2')).toEqual([]);
    });

    test('is replayed with the words that it had', async ({ store }) => {
      await addKey(store, { id: 'key_1' });
      await store.insertAlert(alert());
      const [delivery] = await store.listDeliveries({ keyId: 'key_1', limit: 1 });
      const attempt = { at: start + 1, durationMs: 5, status: 200, error: null, answerStart: '' };
      const recorded = { deliveryId: delivery!.id, endpointId: delivery!.endpointId, attempt };
      await store.recordAttempt({ ...recorded, next: { state: 'delivered' }, switchOff: null });
      expect(await store.replayDelivery(delivery!.id, start + 9)).toBe(true);
      const claimed = await store.claimDelivery(delivery!.id, { now: start + 9, claimMs: 99 });
      expect(claimed).toMatchObject({ data: '{"id":"key_1"}', tries: 0, state: 'pending' });
    });

    test('is forgotten a day after it can’t come again', async ({ store }) => {
      await store.insertAlert(alert());
      await store.insertAlert(alert({ occasion: 'other', at: start + 2 * dayMs - 1 }));
      expect(await store.insertAlert(alert())).toBe(false);
      await store.insertAlert(alert({ occasion: 'another', at: start + 2 * dayMs }));
      expect(await store.insertAlert(alert())).toBe(true);
    });

    test('used budgets of keys and owners are found, and keys that expire', async ({ store }) => {
      const budget = { period: 'day', amountMicroUsd: 100, timeZone: 'UTC' } as const;
      await store.insertOwner(owner({ id: 'own_1', name: 'Acme' }));
      await addKey(store, { id: 'key_1', name: 'a \0 key', ownerId: 'own_1', expiresAt: start + dayMs });
      await addKey(store, { id: 'key_2', expiresAt: start + dayMs, revokedAt: start });
      await setLimited(store, 'own_1', { limits: {}, budget });
      await setLimited(store, 'key_1', { limits: { reservedMicroUsd: 99 }, budget: null });
      const price = { estimatedMicroUsd: 40, unitMicroUsd: null };
      const task = newTask({ keyId: 'key_1', ownerId: 'own_1', price });
      await store.insert([task], null, { unpriced: 'refuse' });
      const found = await store.listUsedBalances(start);
      expect(found.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toMatchObject([
        { kind: 'key', subjectId: 'key_1', ownerId: 'own_1', name: 'a \0 key', reserved: 40, budget: null },
        { kind: 'owner', subjectId: 'own_1', ownerId: 'own_1', name: 'Acme', spent: 0, reserved: 40, budget },
      ]);
      expect(await store.listUsedBalances(start + 2 * dayMs)).toMatchObject([{ kind: 'key' }]);
      const expiring = (by: number) => store.listExpiringKeys({ now: start, by });
      expect(await expiring(start + dayMs - 1)).toEqual([]);
      expect(await expiring(start + dayMs)).toMatchObject([{ id: 'key_1', name: 'a \0 key' }]);
    });
  });
}
