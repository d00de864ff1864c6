import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import type { Emit } from '../core/events.ts';
import type { WebhookPost } from '../core/webhooks/webhook-post.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';
import { newTaskId } from '../lib/ids.ts';
import { openDeliveries } from './deliver.fixture.ts';
import { createHeldPost } from './held-post.fixture.ts';
import { startReceiver } from './receiver.fixture.ts';

const delivered = ({ state }: { state: string }) => state === 'delivered';
const tried =
  (count: number) =>
  ({ tries }: { tries: number }) =>
    tries >= count;

/** Takes connections and never says a word. */
async function startSilentReceiver(host: string) {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  const sockets = new Set<{ destroy(): void }>();
  const connected = Promise.withResolvers<void>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    connected.resolve();
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    connected: connected.promise,
    connections: () => sockets.size,
  };
}

test('a message is the status answer with what happened, and its signature verifies', async () => {
  const { start, addEndpoint, endedTask, until, deliveryOf, time } = openDeliveries();
  const receiver = await startReceiver();
  const { secret } = await addEndpoint(receiver.url);
  start();
  const id = await endedTask();
  const delivery = await until(id, delivered);
  const [{ headers, body, message }] = (await receiver.until(1)) as [(typeof receiver.received)[number]];
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(message);
  expect(message).toEqual({
    type: 'task.failed',
    timestamp: new Date(delivery.createdAt).toISOString(),
    code: 200,
    msg: 'success',
    data: { task_id: id, state: 'error' },
    exec_time: 0,
    ip: '',
  });
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Plantain',
    'webhook-id': delivery.id,
  });
  expect(await deliveryOf(id)).toMatchObject({ tries: 1, reason: null });
  expect(delivery.finishedAt).toBeLessThanOrEqual(time.now());
});

test('a callback is signed with the secret of its key, which is there before the first one leaves', async () => {
  const { start, store, endedTask } = openDeliveries();
  const receiver = await startReceiver();
  start();
  await endedTask({ callbackUrl: receiver.url });
  const [first] = await receiver.until(1);
  const [secret] = await store.secretsOf('key_a', Date.now());
  const verifier = new Webhook(secret?.secret ?? '');
  expect(verifier.verify(first?.body ?? '', first?.headers as Record<string, string>)).toBeDefined();
});

test('a receiver that fails is tried again later, with the same id, and every try is on record', async () => {
  const { start, endedTask, until, store, time } = openDeliveries();
  const answers = [500, 404, 200];
  const receiver = await startReceiver((response, _, number) =>
    response.writeHead(answers[number - 1] ?? 200).end(`answer ${number} Bearer abcdefgh\u0007`),
  );
  start();
  const id = await endedTask({ callbackUrl: receiver.url });
  const first = await until(id, tried(1));
  expect(first.dueAt - time.now()).toBeGreaterThan(3_000);
  expect(first.dueAt - time.now()).toBeLessThanOrEqual(5_000);
  time.pass(5_000);
  const second = await until(id, tried(2));
  expect(second.dueAt - time.now()).toBeGreaterThan(13_000);
  time.pass(15_000);
  await until(id, delivered);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([first.id]));
  const common = { at: expect.any(Number), durationMs: expect.any(Number) };
  expect(await store.attemptsOf(first.id)).toEqual([
    { ...common, status: 500, error: 'The receiver answered 500.', answerStart: 'answer 1 [removed]' },
    { ...common, status: 404, error: 'The receiver answered 404.', answerStart: 'answer 2 [removed]' },
    { ...common, status: 200, error: null, answerStart: 'answer 3 [removed]' },
  ]);
});

test('a receiver that asks for a pause has it', async () => {
  const { start, endedTask, until, time } = openDeliveries();
  const receiver = await startReceiver((response) =>
    response.writeHead(503, { 'retry-after': '1200' }).end(),
  );
  start();
  const { dueAt } = await until(await endedTask({ callbackUrl: receiver.url }), tried(1));
  expect(dueAt - time.now()).toBeGreaterThan(1_190_000);
});

test('410 ends a delivery and switches its endpoint off', async () => {
  const { start, addEndpoint, endedTask, until, store, log } = openDeliveries();
  const receiver = await startReceiver((response) => response.writeHead(410).end());
  const endpoint = await addEndpoint(receiver.url);
  start();
  const delivery = await until(await endedTask(), tried(1));
  const reason = 'The receiver answered 410: it wants no more of these.';
  expect(delivery).toMatchObject({ state: 'failed', reason });
  expect(await store.findEndpoint(endpoint.id)).toMatchObject({ disabledReason: reason });
  await expect.poll(() => log.map(({ event }) => event)).toContain('webhook_endpoint_off');
});

test('410 switches an endpoint off although a call that began later has failed before', async () => {
  const { start, addEndpoint, endedTask, untilAttempts, store, time } = openDeliveries();
  const slow = Promise.withResolvers<() => void>();
  const receiver = await startReceiver((response, _received, number) => {
    if (number === 1) slow.resolve(() => response.writeHead(410).end());
    else response.writeHead(500).end();
  });
  const endpoint = await addEndpoint(receiver.url);
  start();
  await endedTask();
  const answer = await slow.promise;
  time.pass(2);
  await endedTask();
  await untilAttempts(1);
  answer();
  await untilAttempts(2);
  expect((await store.findEndpoint(endpoint.id))?.disabledReason).toMatch(/410/);
});

test('a redirect is a failure, and nobody is called where it leads', async () => {
  const { start, endedTask, until, store } = openDeliveries();
  const elsewhere = await startReceiver();
  const receiver = await startReceiver((response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  start();
  const delivery = await until(await endedTask({ callbackUrl: receiver.url }), tried(1));
  expect(delivery.state).toBe('pending');
  expect((await store.attemptsOf(delivery.id))[0]).toMatchObject({
    status: 307,
    error: expect.stringContaining('redirects are not followed'),
  });
  expect(elsewhere.received).toEqual([]);
});

test('a receiver that says nothing is given up after the time-out, and tried again', async () => {
  const { start, endedTask, until, store } = openDeliveries({ timeoutMs: 200 });
  const silent = await startSilentReceiver('127.0.0.1');
  start();
  const delivery = await until(await endedTask({ callbackUrl: silent.url }), tried(1));
  expect(delivery.state).toBe('pending');
  expect((await store.attemptsOf(delivery.id))[0]).toMatchObject({
    status: null,
    error: 'The server at 127.0.0.1 took too long.',
  });
});

test('an inside address is never called, and the record says why', async () => {
  const { start, endedTask, until, store } = openDeliveries();
  start();
  const delivery = await until(
    await endedTask({ callbackUrl: 'http://169.254.169.254/latest/meta-data' }),
    tried(1),
  );
  expect((await store.attemptsOf(delivery.id))[0]).toMatchObject({
    status: null,
    error: expect.stringContaining('an address that is not allowed'),
  });
});

test('hundreds of deliveries to a dead receiver hold up no other receiver, and few calls at a time', async () => {
  const { start, endedTask, until } = openDeliveries({ timeoutMs: 30_000 });
  const dead = await startSilentReceiver('127.0.0.2');
  const live = await startReceiver();
  await Promise.all(Array.from({ length: 300 }, () => endedTask({ callbackUrl: dead.url })));
  start();
  await dead.connected;
  // After the dead one's, in time and in the alphabet's order.
  const id = await endedTask({ callbackUrl: live.url, keyId: 'key_b' });
  await until(id, delivered, 'key_b');
  expect(dead.connections()).toBeLessThanOrEqual(4);
});

test('a host that kept a call waiting for nothing gets one at a time until it answers', async () => {
  const { start, endedTask, untilAttempts, time } = openDeliveries();
  const { post, calls, untilCalls } = createHeldPost();
  await Promise.all(Array.from({ length: 8 }, () => endedTask({ callbackUrl: 'http://dead.example/' })));
  start({}, { post });
  await untilCalls(4);
  time.pass(1_100);
  for (const { fail } of calls) fail();
  await untilAttempts(4);
  expect(calls.length).toBeLessThanOrEqual(5);
  await untilCalls(5);
  time.pass(1_100);
  calls[4]?.fail();
  await untilAttempts(5);
  expect(calls.length).toBeLessThanOrEqual(6);
});

test('one key has no more than half of the slots', async () => {
  const { start, endedTask, until } = openDeliveries({ timeoutMs: 30_000 });
  const dead = await Promise.all(
    Array.from({ length: 20 }, (_, index) => startSilentReceiver(`127.0.1.${index + 101}`)),
  );
  await Promise.all(
    dead.flatMap(({ url }) => Array.from({ length: 4 }, () => endedTask({ callbackUrl: url }))),
  );
  const live = await startReceiver(undefined, { host: '127.0.2.1' });
  start();
  // Of those that are due at one time any may be first.
  await expect
    .poll(() => dead.filter(({ connections }) => connections() > 0).length)
    .toBeGreaterThanOrEqual(8);
  const id = await endedTask({ callbackUrl: live.url, keyId: 'key_b' });
  await until(id, delivered, 'key_b');
  expect(dead.reduce((sum, { connections }) => sum + connections(), 0)).toBeLessThanOrEqual(32);
});

test.each([2, 10])(
  'a key’s first delivery begins at once, whatever %i keys have for hosts that are silent',
  async (count) => {
    const { start, endedTask, until } = openDeliveries();
    const held = createHeldPost();
    /** Only one host answers; every other call hangs until the end. */
    const post: WebhookPost = async (url, ...rest) =>
      url === 'http://zz.example/' ? { status: 204, start: '' } : held.post(url, ...rest);
    const keys = Array.from({ length: count }, (_, index) => `key_${index}`);
    await Promise.all(
      keys.flatMap((keyId) =>
        Array.from({ length: 400 / count }, (_, index) =>
          endedTask({ callbackUrl: `http://${keyId.replace('_', '-')}-${index}.example/`, keyId }),
        ),
      ),
    );
    start({}, { post });
    await held.untilCalls(40);
    for (const keyId of ['key_a', 'key_z', 'another']) {
      const id = await endedTask({ callbackUrl: 'http://zz.example/', keyId });
      await until(id, delivered, keyId);
    }
    // Nothing of theirs has ended meanwhile, and there are slots left.
    expect(held.calls.length).toBeLessThan(64);
  },
);

test('what is due while a call of its key hangs is called when it is due', async () => {
  const { start, endedTask, untilAttempts, until, time } = openDeliveries();
  const held = createHeldPost();
  let answers = 0;
  const post: WebhookPost = async (url, ...rest) => {
    if (url === 'http://dead.example/') return held.post(url, ...rest);
    answers += 1;
    return { status: answers === 1 ? 500 : 204, start: '' };
  };
  start({}, { post });
  const id = await endedTask({ callbackUrl: 'http://live.example/' });
  await untilAttempts(1);
  // Due in a moment, which nobody says once the other call is under way.
  time.pass(4_800);
  await endedTask({ callbackUrl: 'http://dead.example/' });
  await held.untilCalls(1);
  time.pass(200);
  expect((await until(id, delivered)).tries).toBe(2);
});

test('of a host that others use too, a key has its turn before all that waits for it is through', async () => {
  const { start, endedTask, deliveryOf, store } = openDeliveries();
  const { post, calls, untilCalls } = createHeldPost();
  await Promise.all(Array.from({ length: 100 }, () => endedTask({ callbackUrl: 'http://shared.example/' })));
  start({}, { post });
  await untilCalls(4);
  const id = await endedTask({ callbackUrl: 'http://shared.example/', keyId: 'key_b' });
  let answered = 0;
  // A look that is under way when a call ends may have passed this key, and gives the place to the other once more.
  await expect
    .poll(async () => {
      for (const { answer } of calls.slice(answered)) answer();
      answered = calls.length;
      return delivered(await deliveryOf(id, 'key_b'));
    })
    .toBe(true);
  expect(await store.pendingKeys({ after: '', now: Date.now(), limit: 10 })).toMatchObject([
    { keyId: 'key_a' },
  ]);
});

test('a task whose record is gone ends its delivery without a call', async () => {
  const { start, addEndpoint, endedTask, until, store } = openDeliveries();
  const receiver = await startReceiver();
  const { id: endpointId } = await addEndpoint(receiver.url);
  const id = await endedTask();
  await store.deleteFinished({ finishedBy: Date.now() + 1_000, at: Date.now() + 1_000, limit: 10 });
  start();
  const delivery = await until(id, tried(1));
  expect(delivery).toMatchObject({ state: 'failed', reason: expect.stringContaining('was deleted') });
  expect(receiver.received).toEqual([]);
  expect((await store.findEndpoint(endpointId))?.failingSince).toBeNull();
});

test('what was delivered and could not be recorded is recorded later, without another call', async () => {
  const { start, endedTask, deliveryOf, store, time } = openDeliveries();
  const receiver = await startReceiver();
  const recorded = Promise.withResolvers<void>();
  let refusals = 0;
  const recordAttempt: WebhookStore['recordAttempt'] = async (record) => {
    refusals += 1;
    if (refusals < 3) throw new Error('disk full');
    const isOff = await store.recordAttempt(record);
    recorded.resolve();
    return isOff;
  };
  // It is told right before the pause begins.
  const emit: Emit = (event) => void (event === 'webhook_record_failed' && setImmediate(time.pass, 1_000));
  start({ recordAttempt }, { emit });
  const id = await endedTask({ callbackUrl: receiver.url });
  await recorded.promise;
  expect(await deliveryOf(id)).toMatchObject({ state: 'delivered', tries: 1 });
  expect(receiver.received).toHaveLength(1);
});

test('what a stop cuts off is sent by the next start', async () => {
  const { start, endedTask, until, deliveryOf, time } = openDeliveries();
  let answering = false;
  const asked = Promise.withResolvers<void>();
  const receiver = await startReceiver((response) => {
    asked.resolve();
    if (answering) response.writeHead(204).end();
  });
  const first = start();
  const id = await endedTask({ callbackUrl: receiver.url });
  await asked.promise;
  const stopped = first.stop(20_000);
  time.pass(20_000);
  await stopped;
  expect(await deliveryOf(id)).toMatchObject({ state: 'pending', tries: 0 });
  answering = true;
  start();
  await until(id, delivered);
  const [before, after] = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(after).toBe(before);
});

test('what a process had under way when it died is sent by another once no call of it can last any longer', async () => {
  const timeoutMs = 5_000;
  const { start, endedTask, until, time } = openDeliveries({ timeoutMs });
  const receiver = await startReceiver();
  const sent = Promise.withResolvers<void>();
  const recordAttempt = async () => {
    sent.resolve();
    throw new Error('it has died');
  };
  start({ recordAttempt });
  const id = await endedTask({ callbackUrl: receiver.url });
  await sent.promise;
  time.pass(timeoutMs + 5_000);
  start();
  await until(id, delivered);
  const [before, after] = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(after).toBe(before);
});

test('where others share the database, changes bring a look once in a while, and the first one at once', async () => {
  const { store, changes, start, time } = openDeliveries();
  const looks = new EventEmitter();
  let begun = 0;
  const pendingKeys: typeof store.pendingKeys = async (asked) => {
    begun += 1;
    const found = await store.pendingKeys(asked);
    looks.emit('read');
    return found;
  };
  const change = () => changes.notify([{ taskId: newTaskId(), keyId: 'key_a', state: 'error' }]);
  /** Lets time pass for a loop that is at rest: a look that has read has nothing more to wait for, and one that is asked for has begun then. */
  async function pass(ms: number): Promise<void> {
    await nextTurn();
    time.pass(ms);
    await nextTurn();
  }
  const first = once(looks, 'read');
  start({ pendingKeys }, { restMs: 60_000, lookEveryMs: 3_600_000 });
  await first;
  const second = once(looks, 'read');
  change();
  await pass(1_000);
  await second;
  change();
  change();
  await pass(1_000);
  expect(begun).toBe(2);
  const third = once(looks, 'read');
  await pass(59_000);
  await third;
  await pass(1_000);
  expect(begun).toBe(3);
});

test('a stop lets what is under way end', async () => {
  const { start, endedTask, deliveryOf } = openDeliveries();
  const asked = Promise.withResolvers<() => void>();
  const receiver = await startReceiver((response) => asked.resolve(() => response.writeHead(204).end()));
  const deliverer = start();
  const id = await endedTask({ callbackUrl: receiver.url });
  const answer = await asked.promise;
  const stopped = deliverer.stop(20_000);
  answer();
  await stopped;
  expect((await deliveryOf(id)).state).toBe('delivered');
});

test('an endpoint that has failed for five days is switched off', async () => {
  const { start, addEndpoint, endedTask, until, store, time } = openDeliveries();
  const receiver = await startReceiver((response) => response.writeHead(500).end());
  const { id } = await addEndpoint(receiver.url);
  start();
  for (let hours = 0; hours < 120; hours += 20) {
    await until(await endedTask(), tried(1));
    time.pass(20 * 3_600_000);
  }
  await expect
    .poll(async () => (await store.findEndpoint(id))?.disabledReason)
    .toBe('No delivery has succeeded for 120 hours. The last one: The receiver answered 500.');
});

test('after three days without a success a delivery has failed', async () => {
  const { start, endedTask, until, time } = openDeliveries();
  const receiver = await startReceiver((response) => response.writeHead(500).end());
  start();
  const id = await endedTask({ callbackUrl: receiver.url });
  await until(id, tried(1));
  time.pass(3 * 24 * 3_600_000);
  expect(await until(id, tried(2))).toMatchObject({ state: 'failed', reason: 'The receiver answered 500.' });
});
