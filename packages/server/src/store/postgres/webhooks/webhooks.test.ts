// Webhooks of two processes at once.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import type { AttemptRecord, WebhookEndpoint } from '../../../core/webhooks/webhook-store.ts';
import { newDeliveryId, newEndpointId, webhookEvents } from '../../../core/webhooks/webhook.ts';
import { start } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { inBoth, openTwoStores } from '../database/two-stores.fixture.ts';

const url = 'https://receiver.example/hook';
const claim = { now: start + 100, claimMs: 60_000 };

const endpointOf = (change: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: newEndpointId(),
  keyId: 'key_a',
  url,
  events: webhookEvents,
  description: '',
  createdAt: start,
  failingSince: null,
  disabledAt: null,
  disabledReason: null,
  ...change,
});

/** An endpoint with deliveries that wait for it. */
async function waiting(store: Store, count: number): Promise<{ endpoint: WebhookEndpoint; ids: string[] }> {
  const endpoint = endpointOf();
  await store.insertEndpoint(endpoint, 'whsec_x', 20);
  const ids = Array.from({ length: count }, newDeliveryId);
  await Promise.all(ids.map((id) => store.insertTest(id, endpoint, start)));
  return { endpoint, ids };
}

const failedAttempt = (deliveryId: string, endpointId: string): AttemptRecord => ({
  deliveryId,
  endpointId,
  attempt: { at: start + 100, durationMs: 5, status: 500, error: 'No.', answerStart: '' },
  next: { state: 'pending', dueAt: start + 200 },
  switchOff: { failingSince: start + 100, reason: 'It failed.' },
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('webhooks of two processes', () => {
  test('each delivery is claimed by one', async () => {
    const { stores } = await openTwoStores();
    const { ids } = await waiting(stores[0], 40);
    const claimed = await inBoth(stores, 80, (store, index) =>
      store.claimDelivery(ids[Math.floor(index / 2)] ?? '', claim),
    );
    expect(claimed.flatMap((delivery) => delivery?.id ?? []).toSorted()).toEqual(ids.toSorted());
  });

  test('an endpoint with many deliveries is sent elsewhere, and ends them all when it is deleted', async () => {
    const { stores, database } = await openTwoStores();
    const { endpoint } = await waiting(stores[0], 1);
    await database.query(
      `INSERT INTO webhook_deliveries (id, key_id, endpoint_id, event, url, host, state, created_at, counted_from, due_at)
       SELECT 'msg_' || i, key_id, endpoint_id, event, url, host, state, created_at, counted_from, due_at
       FROM webhook_deliveries, generate_series(1, 3500) AS i`,
    );
    const left = async (which: string) =>
      (await database.query(`SELECT FROM webhook_deliveries WHERE state = 'pending' AND ${which}`)).length;
    await stores[0].changeEndpoint(endpoint.id, { url: 'https://elsewhere.example/hook' }, start + 1);
    await expect.poll(() => left(`host = 'elsewhere.example'`)).toBe(3_501);
    await stores[1].deleteEndpoint(endpoint.id, start + 2);
    await expect.poll(() => left('true')).toBe(0);
  });

  test('a key gets no more endpoints than it may, however many are made at once', async () => {
    const { stores } = await openTwoStores();
    const made = await inBoth(stores, 50, (store) => store.insertEndpoint(endpointOf(), 'whsec_x', 20));
    expect(made.filter(Boolean)).toHaveLength(20);
    expect(await stores[0].listEndpoints('key_a')).toHaveLength(20);
  });

  test('of the secrets that are made at once, one is the current one', async () => {
    const { stores } = await openTwoStores();
    await inBoth(stores, 10, (store, index) => store.ensureSecret('key_a', `first_${index}`, start));
    expect(await stores[0].secretsOf('key_a', start)).toHaveLength(1);
    const times = { at: start, oldExpiresAt: start + 100 };
    await inBoth(stores, 20, (store, index) => store.rotateSecret('key_a', `next_${index}`, times));
    const secrets = await stores[1].secretsOf('key_a', start);
    expect(secrets.map(({ expiresAt }) => expiresAt)).toEqual([null, ...Array(4).fill(start + 100)]);
  });

  test('an endpoint is switched off once, by its owner or by its failures, and nothing waits for it then', async () => {
    const { stores, database } = await openTwoStores();
    const { endpoint, ids } = await waiting(stores[0], 40);
    const failures = inBoth(stores, ids.length, (store, index) =>
      store.recordAttempt(failedAttempt(ids[index] ?? '', endpoint.id)),
    );
    const disabled = stores[1].changeEndpoint(endpoint.id, { enabled: false }, start + 100);
    const [off] = await Promise.all([failures, disabled]);
    const { disabledReason } = (await stores[0].findEndpoint(endpoint.id)) ?? {};
    expect([disabledReason, off.filter(Boolean).length]).toEqual(
      disabledReason === 'It failed.' ? ['It failed.', 1] : ['Its owner switched it off.', 0],
    );
    expect(await stores[0].listDeliveries({ keyId: 'key_a', state: 'pending', limit: 99 })).toEqual([]);
    const attempts = await database.query('SELECT DISTINCT delivery_id FROM webhook_attempts');
    expect(attempts).toHaveLength(ids.length);
  });

  test('attempts of one delivery that end at once are both on record', async () => {
    const { stores } = await openTwoStores();
    const { endpoint, ids } = await waiting(stores[0], 1);
    const record = { ...failedAttempt(ids[0] ?? '', endpoint.id), switchOff: null };
    await inBoth(stores, 6, (store) => store.recordAttempt(record));
    expect(await stores[0].attemptsOf(ids[0] ?? '')).toHaveLength(6);
    expect(await stores[0].findDelivery(ids[0] ?? '')).toMatchObject({ state: 'pending', tries: 6 });
  });

  test('deliveries that two replay at once are counted once', async () => {
    const { stores, database } = await openTwoStores();
    const { endpoint, ids } = await waiting(stores[0], 60);
    await database.query(`UPDATE webhook_deliveries SET event = 'task.failed'`);
    for (const id of ids)
      await stores[0].recordAttempt({
        ...failedAttempt(id, endpoint.id),
        next: { state: 'delivered' },
        switchOff: null,
      });
    const range = { keyId: 'key_a', state: 'delivered', from: start, to: start + 1 } as const;
    const replayed = await inBoth(stores, 8, (store) =>
      store.replayDeliveries({ ...range, at: start + 900, limit: 25 }),
    );
    expect(replayed.reduce((sum, count) => sum + count, 0)).toBe(60);
  });

  for (const [name, change, outcome] of [
    ['is switched off', { enabled: false }, { state: 'failed', reason: 'Its owner switched it off.' }],
    ['is deleted', null, { state: 'failed', reason: 'The endpoint was deleted.' }],
    ['gets another URL', { url: 'https://new.example/' }, { state: 'pending', url: 'https://new.example/' }],
  ] as const)
    test(`a delivery that was being made while its endpoint ${name} follows it`, async () => {
      const { stores, database } = await openTwoStores();
      const { endpoint, ids } = await waiting(stores[0], 1);
      const [id = ''] = ids;
      const late = newDeliveryId();
      await database.transaction(async (query) => {
        await query(
          `INSERT INTO webhook_deliveries SELECT (json_populate_record(d, json_build_object('id', $2::text))).*
           FROM webhook_deliveries d WHERE id = $1`,
          [id, late],
        );
        if (change === null) await stores[0].deleteEndpoint(endpoint.id, start + 9);
        else await stores[0].changeEndpoint(endpoint.id, change, start + 9);
      });
      const claimed = await stores[1].claimDelivery(late, claim);
      expect(claimed?.state ?? 'failed').toBe(outcome.state);
      expect(await stores[1].findDelivery(late)).toMatchObject(outcome);
      const [receiver] = await stores[1].pendingReceivers({ after: '', now: start + 90_000, limit: 2 });
      expect(receiver?.host).toBe(outcome.state === 'pending' ? 'new.example' : undefined);
    });

  test('what receivers and owners write may be any text', async () => {
    const {
      stores: [store],
    } = await openTwoStores();
    const text = 'nul \0, half \ud800, and \u0001"';
    const endpoint = endpointOf({ description: text });
    await store.insertEndpoint(endpoint, 'whsec_x', 20);
    expect((await store.findEndpoint(endpoint.id))?.description).toBe(text);
    const id = newDeliveryId();
    await store.insertTest(id, endpoint, start);
    const record = failedAttempt(id, endpoint.id);
    const attempt = { ...record.attempt, error: text, answerStart: text };
    const switchOff = { ...record, attempt, next: { state: 'failed', reason: text } } as const;
    expect(
      await store.recordAttempt({ ...switchOff, switchOff: { failingSince: start + 100, reason: text } }),
    ).toBe(true);
    expect(await store.attemptsOf(id)).toEqual([attempt]);
    expect((await store.findDelivery(id))?.reason).toBe(text);
    expect((await store.findEndpoint(endpoint.id))?.disabledReason).toBe(text);
    expect(await store.findEndpoint(text)).toBeNull();
    expect(await store.findDelivery(text)).toBeNull();
    const none = { keyId: 'key_a', limit: 9, after: { createdAt: start, id: text } };
    expect(await store.listDeliveries({ ...none, taskId: text, endpointId: text })).toEqual([]);
  });
});
