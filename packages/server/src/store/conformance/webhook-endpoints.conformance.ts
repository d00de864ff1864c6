// Endpoints of webhooks: what they are told of, their secrets, and how they are switched off.

import { describe, expect } from 'vitest';
import type { WebhookEndpoint } from '../../core/webhooks/webhook-store.ts';
import { apiKey } from '../../core/keys/api-key.fixture.ts';
import {
  deletedEvent,
  endpointEvents,
  finalEvents,
  newEndpointId,
  webhookEvents,
} from '../../core/webhooks/webhook.ts';
import { hooksTest, success, url } from './webhooks.fixture.ts';
import { type OpenStore, start } from './store.fixture.ts';

export function testWebhookEndpoints(name: string, open: OpenStore): void {
  const test = hooksTest(open);
  describe(`endpoints of webhooks on ${name}`, () => {
    test('a task of a key without endpoints, and without a callback, makes no delivery', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, addTask, take, succeed, deliveries } = hooks;
      await addEndpoint({ keyId: 'key_b' });
      await addTask();
      await succeed(await take());
      expect(await deliveries()).toEqual([]);
      expect(await store.listDeliveries({ keyId: 'key_b', limit: 10 })).toEqual([]);
    });

    test('an endpoint is told of every change that it wants, once', async ({ store, hooks }) => {
      const { addEndpoint, addTask, take, succeed, deliveries, told } = hooks;
      const { id } = await addEndpoint();
      const ends = await addEndpoint({ events: finalEvents, url: 'https://other.example:8443/' });
      const taskId = await addTask();
      const first = await take();
      await store.putBackIfLeased(first, { at: start + 2, dueAt: start, usesTry: false });
      const lease = await take();
      await succeed(lease);
      expect(await succeed(lease)).toBe(false);
      expect(await told({ endpointId: id })).toEqual(['task.succeeded', 'task.running']);
      expect(await told({ endpointId: ends.id })).toEqual(['task.succeeded']);
      const [delivery] = await deliveries({ endpointId: id });
      expect(delivery).toEqual({
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        keyId: 'key_a',
        endpointId: id,
        taskId,
        event: 'task.succeeded',
        url,
        data: null,
        state: 'pending',
        createdAt: start + 2,
        countedFrom: start + 2,
        dueAt: start + 2,
        finishedAt: null,
        reason: null,
        tries: 0,
      });
    });

    test('a failed task is told as failed, a cancelled one as cancelled, before any worker has it', async ({
      hooks,
    }) => {
      const { addEndpoint, addTask, fail, told } = hooks;
      await addEndpoint();
      await fail(await addTask(), 'deadline_exceeded');
      await fail(await addTask(), 'cancelled', start + 3);
      expect(await told()).toEqual(['task.cancelled', 'task.failed']);
    });

    test('a callback is told of the end, or of what the request names', async ({ hooks }) => {
      const { addTask, take, succeed, deliveries, told } = hooks;
      const usual = await addTask({ callbackUrl: url });
      await succeed(await take());
      const asked = await addTask({ callbackUrl: url, callbackEvents: ['task.running'] });
      await succeed(await take());
      expect(await told({ taskId: usual })).toEqual(['task.succeeded']);
      expect(await told({ taskId: asked })).toEqual(['task.running']);
      expect((await deliveries({ taskId: usual }))[0]).toMatchObject({ endpointId: null, url });
    });

    test('a prompt that speaks of callbacks is none', async ({ hooks }) => {
      const { addTask, take, succeed, deliveries } = hooks;
      await addTask({
        prompt: '"callbackUrl":"https://a.example"',
        metadata: { callbackUrl: 'https://a.example' },
      });
      await succeed(await take());
      expect(await deliveries()).toEqual([]);
    });

    test('a key has no more endpoints than it may, and sees only its own', async ({ store, hooks }) => {
      const { addEndpoint } = hooks;
      const { id } = await addEndpoint();
      await addEndpoint({ keyId: 'key_b' });
      const another = { ...((await store.findEndpoint(id)) as WebhookEndpoint), id: newEndpointId() };
      expect(await store.insertEndpoint(another, 'whsec_x', 1)).toBe(false);
      expect(await store.insertEndpoint(another, 'whsec_x', 2)).toBe(true);
      expect((await store.listEndpoints('key_a')).map((each) => each.id).toSorted()).toEqual(
        [id, another.id].toSorted(),
      );
    });

    test('an endpoint that fails for long enough is switched off, with what waits for it', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, addTask, fail, deliveries, failedDelivery, attempt } = hooks;
      const { id } = await addEndpoint();
      const delivery = await failedDelivery();
      const waiting = await failedDelivery();
      expect(await attempt(delivery, {}, start + 10)).toBe(false);
      expect(await store.findEndpoint(id)).toMatchObject({ failingSince: start + 10, disabledAt: null });
      expect(await attempt(delivery, {}, start + 60_009)).toBe(false);
      expect(await attempt(delivery, {}, start + 60_010)).toBe(true);
      expect(await store.findEndpoint(id)).toMatchObject({
        disabledAt: start + 60_010,
        disabledReason: 'It failed for long.',
      });
      expect(await store.findDelivery(waiting.id)).toMatchObject({
        state: 'failed',
        reason: 'The endpoint was switched off. It failed for long.',
      });
      await fail(await addTask(), 'no_image');
      expect(await deliveries()).toHaveLength(2);
      // Switched on again, it is told again, and what it was not told can be sent again.
      expect(await store.replayDelivery(waiting.id, start + 70_000)).toBe(false);
      await store.changeEndpoint(id, { enabled: true }, start + 70_000);
      expect(await store.findEndpoint(id)).toMatchObject({
        failingSince: null,
        disabledAt: null,
        disabledReason: null,
      });
      expect(await store.replayDelivery(waiting.id, start + 70_000)).toBe(true);
      await fail(await addTask(), 'no_image');
      expect(await deliveries()).toHaveLength(3);
    });

    test('a success in between keeps an endpoint on', async ({ store, hooks }) => {
      const { addEndpoint, failedDelivery, attempt } = hooks;
      const { id } = await addEndpoint();
      const delivery = await failedDelivery();
      await attempt(delivery, {}, start + 10);
      await attempt(await failedDelivery(), success, start + 30_000);
      expect((await store.findEndpoint(id))?.failingSince).toBeNull();
      expect(await attempt(delivery, {}, start + 61_000)).toBe(false);
    });

    test('failures that are more than a day apart are not in a row', async ({ store, hooks }) => {
      const { addEndpoint, failedDelivery, attempt } = hooks;
      const { id } = await addEndpoint();
      const delivery = await failedDelivery();
      const week = 7 * 24 * 3_600_000;
      await attempt(delivery, {}, start + 10);
      expect(await attempt(delivery, {}, start + week)).toBe(false);
      expect(await store.findEndpoint(id)).toMatchObject({ failingSince: start + week, disabledAt: null });
      expect(await attempt(delivery, {}, start + week + 60_000)).toBe(true);
    });

    test('what waits follows a changed URL, and ends when its endpoint is switched off or deleted', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, failedDelivery } = hooks;
      const { id } = await addEndpoint();
      const first = await failedDelivery();
      expect(await store.changeEndpoint(id, { url: 'https://new.example/', description: 'd' }, start)).toBe(
        true,
      );
      expect((await store.findDelivery(first.id))?.url).toBe('https://new.example/');
      expect(
        (await store.pendingReceivers({ after: '', now: start, limit: 10 })).map(({ host }) => host),
      ).toEqual(['new.example']);
      expect(await store.findEndpoint(id)).toMatchObject({ events: webhookEvents, description: 'd' });
      await store.changeEndpoint(id, { enabled: false }, start + 5);
      expect(await store.findDelivery(first.id)).toMatchObject({
        state: 'failed',
        reason: 'Its owner switched it off.',
      });
      await store.changeEndpoint(id, { enabled: true }, start + 6);
      const second = await failedDelivery();
      expect(await store.deleteEndpoint(id, start + 7)).toBe(true);
      expect(await store.findDelivery(second.id)).toMatchObject({
        state: 'failed',
        reason: 'The endpoint was deleted.',
      });
      expect(await store.secretsOf(id, start)).toEqual([]);
      expect(await store.deleteEndpoint(id, start)).toBe(false);
      expect(await store.deleteEndpoint('\0', start)).toBe(false);
      expect(await store.changeEndpoint(id, { enabled: true }, start)).toBe(false);
      expect(await store.changeEndpoint('\0', { enabled: true }, start)).toBe(false);
    });

    test('a deletion is told by the id and the time alone, to endpoints of the task’s key and of admins’ that want it', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, addTask, fail } = hooks;
      const keys = [
        apiKey({ id: 'key_a', ownerId: 'own_1', expiresAt: start }),
        apiKey({ id: 'key_b', ownerId: 'own_1' }),
        apiKey({ id: 'key_c', role: 'admin' }),
        apiKey({ id: 'key_d', role: 'admin', revokedAt: start }),
        apiKey({ id: 'key_e', role: 'admin', expiresAt: start }),
      ];
      for (const [index, key] of keys.entries())
        await store.insertKey(key, new Uint8Array(32).fill(index + 1));
      for (const { id: keyId } of keys) await addEndpoint({ keyId, events: endpointEvents });
      const { id: off } = await addEndpoint({ events: [deletedEvent] });
      await store.changeEndpoint(off, { enabled: false }, start);
      await addEndpoint();
      await addEndpoint({ keyId: 'key_c', events: finalEvents });
      const callback = { callbackUrl: url, callbackEvents: webhookEvents };
      const wished = await addTask(callback);
      const old = await addTask();
      const adminsOwn = await addTask({}, 'key_c');
      const ofRevoked = await addTask({}, 'key_d');
      for (const id of [wished, old, adminsOwn, ofRevoked]) await fail(id, 'no_image');
      await store.deleteIfFinal(wished, 'key_b', start + 3);
      await store.deleteIfFinal(wished, 'key_a', start + 3);
      await store.deleteIfFinal(adminsOwn, 'key_c', start + 4);
      await store.deleteIfFinal(ofRevoked, 'key_d', start + 5);
      await store.deleteFinished({ finishedBy: start + 2, at: start + 6, limit: 9 });
      const told = async (keyId: string) =>
        (await store.listDeliveries({ keyId, limit: 30 }))
          .filter(({ event }) => event === 'task.deleted')
          .map(({ taskId, data, createdAt, dueAt, state }) => ({ taskId, data, createdAt, dueAt, state }));
      const message = (taskId: string, at: number) => ({
        taskId,
        data: `{"task_id":"${taskId}"}`,
        createdAt: at,
        dueAt: at,
        state: 'pending',
      });
      const [byAge, byWish] = [message(old, start + 6), message(wished, start + 3)];
      expect(await told('key_a')).toEqual([byAge, byWish]);
      const others = [message(ofRevoked, start + 5), message(adminsOwn, start + 4)];
      expect(await told('key_c')).toEqual([byAge, ...others, byWish]);
      for (const keyId of ['key_b', 'key_d', 'key_e']) expect(await told(keyId)).toEqual([]);
    });

    test('of old tasks fewer are deleted at once, the more endpoints are told of each, and one at least', async ({
      store,
      hooks,
    }) => {
      const { addEndpoint, addTask, fail, told } = hooks;
      await store.insertKey(apiKey({ id: 'key_c', role: 'admin' }), new Uint8Array(32).fill(1));
      for (const keyId of ['key_a', 'key_a', 'key_c']) await addEndpoint({ keyId, events: [deletedEvent] });
      // Of each of the first three are four rows: its own, and a delivery for each endpoint; of each of the others two.
      for (let index = 0; index < 8; index += 1)
        await fail(await addTask({}, index < 3 ? 'key_a' : 'key_b'), 'no_image', start + 2 + index);
      const deleteStep = (limit: number) =>
        store.deleteFinished({ finishedBy: start + 20, at: start + 20, limit });
      expect(await deleteStep(1)).toBe(1);
      expect(await deleteStep(10)).toBe(3);
      expect(await deleteStep(5)).toBe(2);
      expect([await deleteStep(10), await deleteStep(10)]).toEqual([2, 0]);
      expect(await told()).toEqual(Array(6).fill(deletedEvent));
      expect(await told({ keyId: 'key_c' })).toEqual(Array(8).fill(deletedEvent));
    });

    test('a secret that was replaced is believed for its time, and there are five at most', async ({
      store,
    }) => {
      await store.ensureSecret('key_a', 'one', start);
      await store.ensureSecret('key_a', 'never', start);
      const rotate = (secret: string, at: number) =>
        store.rotateSecret('key_a', secret, { at, oldExpiresAt: at + 100 });
      const secrets = async (now: number) =>
        (await store.secretsOf('key_a', now)).map(({ secret }) => secret);
      await rotate('two', start + 1);
      await rotate('three', start + 50);
      expect(await secrets(start + 100)).toEqual(['three', 'two', 'one']);
      expect(await secrets(start + 101)).toEqual(['three', 'two']);
      for (const secret of ['four', 'five', 'six']) await rotate(secret, start + 60);
      expect(await secrets(start + 60)).toEqual(['six', 'five', 'four', 'three', 'two']);
      expect(await store.deleteExpiredSecrets(start + 1_000)).toBe(4);
      expect(await secrets(start + 60)).toEqual(['six']);
    });
  });
}
