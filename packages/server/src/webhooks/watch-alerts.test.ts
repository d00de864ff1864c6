import type { BudgetThresholdData } from '@plantain/client';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { apiKey } from '../core/keys/api-key.fixture.ts';
import { createTellExhaustion, type TellExhaustion } from '../core/alerts/tell-exhaustion.ts';
import { noDefaults } from '../core/limits/subjects.ts';
import { alertEvents, newEndpointId, newWebhookSecret } from '../core/webhooks/webhook.ts';
import { newTask } from '../store/conformance/store.fixture.ts';
import { openDeliveries } from './deliver.fixture.ts';
import { startReceiver } from './receiver.fixture.ts';
import { createAlertWatch } from './watch-alerts.ts';
import { setLimited } from '../store/limits.fixture.ts';

async function openAlerts() {
  const opened = openDeliveries();
  const { store, time, start } = opened;
  const receiver = await startReceiver();
  const secret = newWebhookSecret();
  await store.insertKey(apiKey({ id: 'key_a', name: 'shop' }), new Uint8Array(32).fill(1));
  const off = { failingSince: null, disabledAt: null, disabledReason: null };
  const endpoint = {
    id: newEndpointId(),
    keyId: 'key_a',
    url: receiver.url,
    events: alertEvents,
    description: '',
  };
  await store.insertEndpoint({ ...endpoint, createdAt: time.now(), ...off }, secret, 20);
  const deliverer = start();
  const watch = () =>
    createAlertWatch({
      store,
      defaults: noDefaults,
      clock: time,
      startTimer: time.startTimer,
      emit: () => {},
      onTold: deliverer.wake,
    });
  const submit = async (estimatedMicroUsd: number) => {
    const at = { createdAt: time.now(), deadlineAt: time.now() + 60_000 };
    const task = newTask({ ...at, price: { estimatedMicroUsd, unitMicroUsd: null } });
    await store.insert([task], null, { unpriced: 'refuse' });
  };
  return { ...opened, receiver, secret, watch, submit };
}

test('a share of a budget that is used is told by a signed webhook, once, however many servers look', async () => {
  const { store, receiver, secret, watch, submit } = await openAlerts();
  const budget = { period: 'total', amountMicroUsd: 100, timeZone: 'UTC' } as const;
  await setLimited(store, 'key_a', { limits: {}, budget });
  await submit(49);
  const watches = [watch(), watch(), watch()];
  const look = () => Promise.all(watches.map((each) => each.look()));
  await look();
  await submit(1);
  await look();
  await look();
  const [first] = await receiver.until(1);
  expect(
    new Webhook(secret).verify(first?.body ?? '', first?.headers as Record<string, string>),
  ).toMatchObject({
    type: 'budget.threshold',
    timestamp: expect.any(String),
    code: 200,
    data: {
      of: 'key',
      id: 'key_a',
      name: 'shop',
      threshold_percent: 50,
      reserved_micro_usd: 50,
      resets_at: null,
    },
  });
  await submit(50);
  await look();
  await watch().look();
  const messages = (await receiver.until(3)).map(
    ({ body }) => JSON.parse(body) as { data: { threshold_percent: number } },
  );
  expect(messages.map(({ data }) => data.threshold_percent).toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
  expect(await store.listDeliveries({ keyId: 'key_a', limit: 9 })).toHaveLength(3);
});

test('a budget that its price does not divide is told as used up, once, when it refuses a single task', async () => {
  const { store, time, receiver, watch, submit } = await openAlerts();
  const budget = { period: 'total', amountMicroUsd: 100, timeZone: 'UTC' } as const;
  await setLimited(store, 'key_a', { limits: {}, budget });
  await submit(40);
  const onTold: string[] = [];
  const telling = { store, clock: time, emit: () => {}, onTold: () => void onTold.push('told') };
  const refuse = async (tell: TellExhaustion, count: number) => {
    const price = { estimatedMicroUsd: 40, unitMicroUsd: null };
    const at = { createdAt: time.now(), deadlineAt: time.now() + 60_000 };
    const tasks = Array.from({ length: count }, () => newTask({ ...at, price }));
    const inserted = await store.insert(tasks, null, { unpriced: 'refuse' });
    if (inserted.kind !== 'refused') throw new Error('The tasks were accepted.');
    tell(inserted.refusal);
  };
  const [here, there] = [createTellExhaustion(telling), createTellExhaustion(telling)];
  // Of these one would fit.
  await refuse(here, 2);
  await submit(40);
  for (const tell of [here, there, here]) await refuse(tell, 1);
  await expect.poll(() => store.listDeliveries({ keyId: 'key_a', limit: 9 })).toHaveLength(1);
  await watch().look();
  const told = (await receiver.until(3)).map(
    ({ body }) => (JSON.parse(body) as { data: BudgetThresholdData }).data,
  );
  expect(told.map((data) => data.threshold_percent).toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
  expect(told.find((data) => data.threshold_percent === 100)).toMatchObject({
    name: 'shop',
    reserved_micro_usd: 80,
    left_micro_usd: 20,
  });
  expect(await store.listDeliveries({ keyId: 'key_a', limit: 9 })).toHaveLength(3);
  expect(onTold).toEqual(['told']);
});

test('looks come every few seconds until the stop', async () => {
  const { store, receiver, time, watch, submit } = await openAlerts();
  const budget = { period: 'total', amountMicroUsd: 10, timeZone: 'UTC' } as const;
  await setLimited(store, 'key_a', { limits: {}, budget });
  await submit(5);
  const running = watch();
  running.start();
  time.pass(5_000);
  await receiver.until(1);
  await running.stop();
  await submit(5);
  time.pass(60_000);
  expect(await store.listDeliveries({ keyId: 'key_a', limit: 9 })).toHaveLength(1);
});
