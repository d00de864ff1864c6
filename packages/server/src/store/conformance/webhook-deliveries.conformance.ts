// Deliveries of webhooks: which wait, their attempts, and how they are sent again.

import { describe, expect } from 'vitest';
import { newDeliveryId } from '../../core/webhooks/webhook.ts';
import { hooksTest, success } from './webhooks.fixture.ts';
import { type OpenStore, start } from './store.fixture.ts';

export function testWebhookDeliveries(name: string, open: OpenStore): void {
  const test = hooksTest(open);
  describe(`deliveries of webhooks on ${name}`, () => {
    test('the receivers that deliveries wait for are found by name, each with its first due time', async ({
      store,
      hooks,
    }) => {
      const { addTask, fail } = hooks;
      for (const [callbackUrl, at] of [
        ['https://b.example/', 30],
        ['https://a.example:8443/', 20],
        ['https://b.example/else', 10],
      ] as const)
        await fail(await addTask({ callbackUrl }), 'no_image', start + at);
      expect(await store.pendingReceivers({ after: '', now: start, limit: 10 })).toEqual([
        { host: 'a.example', dueAt: start + 20 },
        { host: 'b.example', dueAt: start + 10 },
      ]);
      expect(await store.pendingReceivers({ after: '', now: start, limit: 1 })).toHaveLength(1);
      expect(await store.pendingReceivers({ after: 'a.example', now: start, limit: 10 })).toHaveLength(1);
      const due = async (now: number) =>
        (await store.dueDeliveries({ host: 'b.example', now, limit: 10 })).map((each) => each.url);
      expect(await due(start + 29)).toEqual(['https://b.example/else']);
      expect(await due(start + 30)).toEqual(['https://b.example/else', 'https://b.example/']);
    });

    test('the keys that have something to deliver are found by id, each with what waits of it', async ({
      store,
      hooks,
    }) => {
      const { addTask, fail } = hooks;
      for (const [keyId, at] of [
        ['key_b', 30],
        ['key_a', 20],
        ['key_b', 10],
      ] as const)
        await fail(
          await addTask({ callbackUrl: `https://${keyId.at(-1)}.example/` }, keyId),
          'no_image',
          start + at,
        );
      expect(await store.pendingKeys({ after: '', now: start, limit: 10 })).toEqual([
        { keyId: 'key_a', dueAt: start + 20 },
        { keyId: 'key_b', dueAt: start + 10 },
      ]);
      expect(await store.pendingKeys({ after: '', now: start, limit: 1 })).toHaveLength(1);
      expect(await store.pendingKeys({ after: 'key_a', now: start, limit: 10 })).toHaveLength(1);
      const next = (limit: number) => store.nextDeliveriesOfKey({ keyId: 'key_b', now: start, limit });
      expect(await next(1)).toMatchObject([{ keyId: 'key_b', host: 'b.example', dueAt: start + 10 }]);
      expect((await next(10)).map(({ dueAt }) => dueAt)).toEqual([start + 10, start + 30]);
    });

    test('what waits to be delivered in a future that the clock was in is due now, and its tries are counted from now', async ({
      store,
      hooks,
    }) => {
      const { addTask, fail } = hooks;
      const [ahead, now] = [start + 10 * 365 * 24 * 3_600_000, start + 1_000];
      await fail(await addTask({ callbackUrl: 'https://a.example/' }), 'no_image', start);
      await fail(await addTask({ callbackUrl: 'https://b.example/' }), 'no_image', ahead);
      await store.pullBack(now);
      expect(await store.nextDeliveriesOfKey({ keyId: 'key_a', now, limit: 10 })).toMatchObject([
        { url: 'https://a.example/', createdAt: start, countedFrom: start, dueAt: start },
        { url: 'https://b.example/', createdAt: now, countedFrom: now, dueAt: now },
      ]);
    });

    test('an attempt is kept with its delivery, which waits for the next one or ends', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, failedDelivery, attempt } = hooks;
      await addEndpoint();
      const delivery = await failedDelivery();
      await attempt(delivery);
      expect(await store.findDelivery(delivery.id)).toMatchObject({
        state: 'pending',
        tries: 1,
        dueAt: start + 5_010,
      });
      await attempt(delivery, success, start + 6_000);
      expect(await store.findDelivery(delivery.id)).toMatchObject({
        state: 'delivered',
        tries: 2,
        finishedAt: start + 6_005,
        reason: null,
      });
      expect(await store.attemptsOf(delivery.id)).toEqual([
        { at: start + 10, durationMs: 5, status: 500, error: 'No.', answerStart: 'oh' },
        { at: start + 6_000, durationMs: 5, status: 500, error: 'No.', answerStart: 'oh' },
      ]);
      expect(await store.pendingReceivers({ after: '', now: start, limit: 10 })).toEqual([]);
    });

    test('an attempt that ends after its delivery was ended is recorded and changes nothing', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, failedDelivery, attempt } = hooks;
      const { id } = await addEndpoint();
      const delivery = await failedDelivery();
      await store.deleteEndpoint(id, start + 9);
      await attempt(delivery, success);
      expect((await store.findDelivery(delivery.id))?.state).toBe('failed');
      expect(await store.attemptsOf(delivery.id)).toHaveLength(1);
      await attempt({ id: newDeliveryId(), endpointId: id });
    });

    test('lists go page by page, newest first, whatever is made meanwhile', async ({ hooks }) => {
      const { addEndpoint, addTask, fail, deliveries, attempt } = hooks;
      const { id: endpointId } = await addEndpoint({ events: ['task.failed'] });
      const ids: string[] = [];
      for (let number = 0; number < 7; number += 1) {
        const taskId = await addTask();
        // Some at the same time.
        await fail(taskId, 'no_image', start + 2 + Math.floor(number / 2));
        ids.push((await deliveries({ taskId }))[0]?.id ?? '');
      }
      for (const [index, next] of [success, {}, success].entries())
        await attempt({ id: ids[index] ?? '', endpointId }, next);
      const first = await deliveries({ limit: 4 });
      await fail(await addTask(), 'no_image', start + 100);
      const [after] = first.slice(-1);
      const rest = await deliveries({ limit: 4, ...(after && { after }) });
      expect([...first, ...rest].map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect([...first, ...rest].map(({ createdAt }) => createdAt)).toEqual(
        [5, 4, 4, 3, 3, 2, 2].map((ms) => start + ms),
      );
      expect(await deliveries({ state: 'delivered' })).toHaveLength(2);
      expect(await deliveries({ state: 'pending', endpointId })).toHaveLength(6);
      expect(await deliveries({ endpointId: 'we_none' })).toEqual([]);
      expect(await deliveries({ endpointId, keyId: 'key_b' })).toEqual([]);
    });

    test('a replay sends again what ended within the range, once, and counts anew', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, addTask, fail, deliveries, attempt } = hooks;
      const { id: endpointId } = await addEndpoint({ events: ['task.failed'] });
      const other = await addEndpoint({ events: ['task.failed'] });
      await store.insertTest(newDeliveryId(), other, start + 2);
      await fail(await addTask(), 'no_image', start + 2);
      await fail(await addTask(), 'no_image', start + 5_000);
      for (const delivery of await deliveries()) await attempt(delivery, success, start + 6_000);
      const range = { keyId: 'key_a', from: start, to: start + 1_000, state: 'delivered' as const };
      const replay = (change: { endpointId?: string; to?: number; limit?: number } = {}) =>
        store.replayDeliveries({ ...range, at: start + 7_000, limit: 10, ...change });
      expect(await replay({ endpointId })).toBe(1);
      expect(await replay()).toBe(1);
      expect(await replay()).toBe(0);
      expect(await replay({ to: start + 9_000, limit: 1 })).toBe(1);
      const [due] = await store.dueDeliveries({ host: 'receiver.example', now: start + 7_000, limit: 10 });
      expect(due).toMatchObject({
        state: 'pending',
        tries: 0,
        countedFrom: start + 7_000,
        dueAt: start + 7_000,
        finishedAt: null,
      });
      // Delivered again, it is not sent once more by the same replay.
      if (due !== undefined) await attempt(due, success, start + 7_001);
      expect(await replay({ to: start + 4_000 })).toBe(0);
    });

    test('a test goes ahead of what waits, and is nobody’s replay', async ({ store, hooks }) => {
      const { addEndpoint, failedDelivery } = hooks;
      const endpoint = await addEndpoint();
      await failedDelivery();
      const id = newDeliveryId();
      await store.insertTest(id, endpoint, start + 50);
      const [first] = await store.dueDeliveries({ host: 'receiver.example', now: start + 60, limit: 10 });
      expect(first).toMatchObject({ id, event: 'webhook.test', taskId: null, createdAt: start + 50 });
    });

    test('deliveries that ended long ago are deleted with their attempts, so many at a time', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, deliveries, failedDelivery, attempt } = hooks;
      await addEndpoint();
      for (let number = 0; number < 3; number += 1) await attempt(await failedDelivery(), success);
      const [old] = await deliveries();
      const waiting = await failedDelivery();
      const deleteBefore = (finishedBy: number) => store.deleteFinishedDeliveries({ finishedBy, limit: 2 });
      expect(await deleteBefore(start + 14)).toBe(0);
      expect([await deleteBefore(start + 15), await deleteBefore(start + 15)]).toEqual([2, 1]);
      expect(await store.attemptsOf(old?.id ?? '')).toEqual([]);
      expect((await deliveries()).map(({ id }) => id)).toEqual([waiting.id]);
    });

    test('a delivery is claimed by one at a time, shown to nobody else meanwhile, and free again after its attempt', async ({
      store,
      hooks,
    }) => {
      const { id, keyId } = await hooks.failedDelivery({ callbackUrl: 'https://a.example/' });
      const now = start + 10;
      const claim = (at: number) => store.claimDelivery(id, { now: at, claimMs: 50 });
      expect(await claim(start + 1)).toBeNull();
      const claims = await Promise.all([claim(now), claim(now)]);
      expect(claims).toEqual([await store.findDelivery(id), null]);
      const waiting = async (at: number) => [
        await store.pendingKeys({ after: '', now: at, limit: 9 }),
        await store.pendingReceivers({ after: '', now: at, limit: 9 }),
        await store.nextDeliveriesOfKey({ keyId, now: at, limit: 9 }),
        await store.dueDeliveries({ host: 'a.example', now: at, limit: 9 }),
      ];
      expect(await waiting(now + 49)).toEqual([[], [], [], []]);
      expect((await waiting(now + 50)).map((each) => each.length)).toEqual([1, 1, 1, 1]);
      await store.releaseDelivery(id);
      expect(await claim(now + 1)).not.toBeNull();
      await hooks.attempt({ id, endpointId: null }, { next: { state: 'pending', dueAt: now + 2 } });
      expect(await claim(now + 2)).toMatchObject({ tries: 1 });
      await hooks.attempt({ id, endpointId: null }, { next: { state: 'delivered' } });
      expect(await claim(now + 99)).toBeNull();
    });

    test('a delivery that was ended during its attempt can be replayed as soon as that is on record', async ({
      store,
      hooks,
    }) => {
      const { id: endpointId } = await hooks.addEndpoint();
      const { id } = await hooks.failedDelivery();
      await store.claimDelivery(id, { now: start + 10, claimMs: 60_000 });
      await store.changeEndpoint(endpointId, { enabled: false }, start + 11);
      await hooks.attempt({ id, endpointId });
      await store.changeEndpoint(endpointId, { enabled: true }, start + 12);
      expect(await store.replayDelivery(id, start + 13)).toBe(true);
      const due = { host: 'receiver.example', now: start + 13, limit: 10 };
      expect(await store.dueDeliveries(due)).toMatchObject([{ id, tries: 0 }]);
    });
  });
}
