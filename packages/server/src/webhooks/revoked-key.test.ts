import { expect, test } from 'vitest';
import { apiKey } from '../core/keys/api-key.fixture.ts';
import { openDeliveries } from './deliver.fixture.ts';
import { startReceiver } from './receiver.fixture.ts';

test('nothing is sent for a key that was revoked, neither to endpoints nor to callbacks', async () => {
  const receiver = await startReceiver();
  const { store, addEndpoint, endedTask, deliveryOf, start } = openDeliveries();
  await store.insertKey(apiKey({ id: 'key_a', revokedAt: 5 }), Buffer.alloc(32, 1));
  await addEndpoint(receiver.url);
  const ids = [await endedTask(), await endedTask({ callbackUrl: receiver.url })];
  start();
  for (const id of ids)
    await expect
      .poll(() => deliveryOf(id))
      .toMatchObject({ state: 'failed', reason: 'The API key was revoked.', tries: 1 });
  expect(receiver.received).toEqual([]);
});

test('a key that only has expired is told of its tasks', async () => {
  const receiver = await startReceiver();
  const { store, addEndpoint, endedTask, deliveryOf, start } = openDeliveries();
  await store.insertKey(apiKey({ id: 'key_a', expiresAt: 5 }), Buffer.alloc(32, 1));
  await addEndpoint(receiver.url);
  const id = await endedTask();
  start();
  await expect.poll(() => deliveryOf(id)).toMatchObject({ state: 'delivered' });
});
