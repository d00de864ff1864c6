import { expect, test } from 'vitest';
import { adminKey, startServer } from '../../../server/src/http/server.fixture.ts';
import { createClient } from '../client.ts';
import { NotFoundError } from '../errors.ts';
import { startFarSide } from '../far-side.fixture.ts';

test('webhooks are made, delivered, verified, listed, replayed and deleted', async () => {
  const receiver = await startFarSide((_seen, response) => response.end());
  const server = await startServer({ ALLOWED_PRIVATE_HOSTS: new URL(receiver.url).host });
  const client = createClient({ baseUrl: server.url, apiKey: adminKey });
  const { webhooks } = client;
  const delivered = async (count: number) => {
    await receiver.saw(/^POST/, count);
    return receiver.seen;
  };
  const { secret, ...made } = await webhooks.create({ url: receiver.url, events: ['task.succeeded'] });
  const id = made.webhook_id;
  expect(await webhooks.get(id)).toEqual(made);
  expect(await webhooks.list()).toEqual([made]);
  expect(await webhooks.update(id, { description: 'mine' })).toMatchObject({ description: 'mine' });
  expect(await webhooks.test(id)).toMatchObject({ type: 'webhook.test', attempts: [{ status: 200 }] });

  const task = await client.wait(await client.generate({ prompt: 'told of' }));
  const [tested, told] = await delivered(2);
  expect(await webhooks.verify(tested?.body ?? '', tested?.headers ?? {}, secret)).toMatchObject({
    type: 'webhook.test',
    data: { webhook_id: id },
  });
  expect(await webhooks.verify(told?.body ?? '', told?.headers ?? {}, secret)).toMatchObject({
    type: 'task.succeeded',
    data: { task_id: task.task_id, state: 'succeeded' },
  });

  const rotated = await webhooks.rotate(id);
  expect(rotated.secret).not.toBe(secret);
  const listed = [];
  for await (const delivery of webhooks.deliveries({ webhook_id: id, limit: 1 })) listed.push(delivery);
  expect(listed.map(({ type }) => type)).toEqual(['task.succeeded', 'webhook.test']);
  const [delivery] = listed;
  await webhooks.replay(delivery?.delivery_id ?? '');
  const [, , replayed] = await delivered(3);
  await webhooks.verify(replayed?.body ?? '', replayed?.headers ?? {}, [secret, rotated.secret]);
  await expect
    .poll(async () => (await webhooks.delivery(delivery?.delivery_id ?? '')).attempts?.length)
    .toBe(2);
  expect(await webhooks.replayAll({ webhook_id: id, from: 0, state: 'delivered' })).toEqual({ replayed: 1 });

  const { secret: own } = await webhooks.secret();
  expect((await webhooks.rotateSecret()).secret).not.toBe(own);
  expect(await webhooks.delete(id)).toEqual({ webhook_id: id, deleted: true });
  await expect(webhooks.get(id)).rejects.toThrow(NotFoundError);
});
