import { validateWebhook } from 'replicate';
import { Webhook } from 'standardwebhooks';
import { beforeAll, expect, test } from 'vitest';
import { startReceiver } from '../../../webhooks/receiver.fixture.ts';
import { refusalOf, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

const path = '/api/webhooks';

interface Endpoint {
  webhook_id: string;
  url: string;
  events: string[];
  description: string;
  enabled: boolean;
  secret?: string;
}
interface Delivery {
  delivery_id: string;
  type: string;
  state: string;
  url: string;
  task_id?: string;
  webhook_id?: string;
  tries: number;
  reason?: string;
  attempts?: { status?: number; error?: string; answer?: string; duration_ms: number }[];
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8', LINK_PORTS: ports() });
});

/** Receivers get the port that is free. */
function ports(): string {
  return Array.from({ length: 65_535 }, (_, index) => index + 1).join(',');
}

async function call<Data>(method: string, where: string, body?: unknown, key?: string): Promise<Data> {
  const answer = await server.call<{ data: Data }>(path + where, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(key === undefined ? {} : { key }),
  });
  if (answer.status !== 200) throw new Error(`${method} ${where} was answered with ${answer.text}`);
  return answer.body.data;
}
const refuse = async (method: string, where: string, body?: unknown, key?: string) =>
  server.call(path + where, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(key === undefined ? {} : { key }),
  });
const deliveries = (query = '') =>
  call<{ deliveries: Delivery[]; next_cursor: string | null }>('GET', `/deliveries${query}`);
const delivered = async (query: string, count = 1) => {
  await expect
    .poll(async () => (await deliveries(`${query}&state=delivered`)).deliveries.length, { timeout: 10_000 })
    .toBe(count);
};

test('a task with a callback_url tells it of its end, signed with the secret of its key', async () => {
  const receiver = await startReceiver();
  const { secret } = await call<{ secret: string }>('GET', '/secret');
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const id = await server.submit({ prompt: 'a banana', callback_url: receiver.url });
  const [{ headers, body, message }] = (await receiver.until(1)) as [(typeof receiver.received)[number]];
  expect(message).toMatchObject({ type: 'task.succeeded', code: 200, msg: 'success' });
  expect(message.data).toEqual(await server.task(id));
  const shown = headers as Record<string, string>;
  expect(new Webhook(secret).verify(body, shown)).toEqual(message);
  const request = new Request(receiver.url, { method: 'POST', headers: shown, body });
  expect(await validateWebhook(request, secret)).toBe(true);
  const [picture] = (message.data as unknown as { data: { images: { url: string }[] } }).data.images;
  expect((await fetch(picture?.url ?? '')).status).toBe(200);

  await delivered(`?task_id=${id}`);
  const { deliveries: listed } = await deliveries(`?task_id=${id.toUpperCase()}`);
  expect(listed).toEqual([
    {
      delivery_id: headers['webhook-id'],
      type: 'task.succeeded',
      state: 'delivered',
      url: receiver.url,
      task_id: id,
      create_time: expect.stringMatching(/^\d{10}$/),
      tries: 1,
      finished_at: expect.stringMatching(/^\d{10}$/),
    },
  ]);
  const one = await call<Delivery>('GET', `/deliveries/${listed[0]?.delivery_id}`);
  expect(one.attempts).toEqual([
    { time: expect.any(String), duration_ms: expect.any(Number), status: 204, answer: '' },
  ]);
});

test('callback_events names other events, and the call of the v1 family takes both members as well', async () => {
  const receiver = await startReceiver();
  const body = {
    prompt: 'a banana',
    callback_url: receiver.url,
    callback_events: ['task.running', 'task.succeeded'],
  };
  const answer = await server.post<{ id: string; warnings?: string[] }>(body, '/v1/images/generations');
  expect(answer.body.warnings).toBeUndefined();
  await receiver.until(2);
  const types = receiver.received.map(({ message }) => message.type);
  expect(types.toSorted()).toEqual(['task.running', 'task.succeeded']);
  expect(receiver.received.every(({ message }) => message.data.task_id === answer.body.id)).toBe(true);
});

test('a cancelled task is told as cancelled, a failed one as failed', async () => {
  const receiver = await startReceiver();
  const slow = await server.submit({ prompt: '[[delay 60s]]', callback_url: receiver.url });
  await server.call(`${statusPath}/${slow}/cancel`, { method: 'POST' });
  await receiver.until(1);
  await server.submit({ prompt: '[[fail content_rejected]]', callback_url: receiver.url });
  await receiver.until(2);
  expect(receiver.received.map(({ message }) => message.type)).toEqual(['task.cancelled', 'task.failed']);
});

test.each([
  [{ callback_url: 'ftp://a.example/' }, 'callback_url'],
  [{ callback_url: 'http://169.254.169.254/latest/meta-data' }, 'callback_url'],
  [{ callback_url: 7 }, 'callback_url'],
  [{ callback_url: 'https://a.example/', callback_events: ['task.done'] }, 'callback_events[0]'],
  [{ callback_url: 'https://a.example/', callback_events: [] }, 'callback_events'],
])('a submit with %j is refused, by its path', async (members, faulty) => {
  const { error } = refusalOf(await server.post({ prompt: 'a banana', ...members }), 400);
  expect(error.details?.map((fault) => fault.path)).toEqual([faulty]);
});

test('an endpoint is told of all tasks of its key, and can be changed, switched off and deleted', async () => {
  const receiver = await startReceiver();
  const made = await call<Endpoint>('POST', '', { url: receiver.url, description: 'mine' });
  expect(made).toEqual({
    webhook_id: expect.stringMatching(/^we_[0-9a-f]{32}$/),
    url: receiver.url,
    events: ['task.succeeded', 'task.failed', 'task.cancelled'],
    description: 'mine',
    enabled: true,
    create_time: expect.stringMatching(/^\d{10}$/),
    secret: expect.stringMatching(/^whsec_/),
  });
  const { secret = '', ...shown } = made;
  expect(await call('GET', `/${made.webhook_id}`)).toEqual(shown);
  expect((await call<{ webhooks: Endpoint[] }>('GET', '')).webhooks).toEqual([shown]);

  await server.submit({ prompt: 'a banana' });
  const [first] = await receiver.until(1);
  expect(
    new Webhook(secret).verify(first?.body ?? '', first?.headers as Record<string, string>),
  ).toBeDefined();

  const changed = await call<Endpoint>('PATCH', `/${made.webhook_id}`, {
    enabled: false,
    events: ['task.running', 'task.running'],
    description: '',
  });
  expect(changed).toMatchObject({
    enabled: false,
    events: ['task.running'],
    description: '',
    disabled_reason: 'Its owner switched it off.',
  });
  await server.final(await server.submit({ prompt: 'a banana' }));
  expect(await call('PATCH', `/${made.webhook_id}`, { enabled: true })).toMatchObject({ enabled: true });
  await server.final(await server.submit({ prompt: 'a banana' }));
  expect((await receiver.until(2)).map(({ message }) => message.type)).toEqual([
    'task.succeeded',
    'task.running',
  ]);
  expect(await call('DELETE', `/${made.webhook_id}`)).toEqual({ webhook_id: made.webhook_id, deleted: true });
  refusalOf(await refuse('GET', `/${made.webhook_id}`), 404);
});

test('a rotated secret and the one before it both verify', async () => {
  const receiver = await startReceiver();
  const { webhook_id: id, secret: old = '' } = await call<Endpoint>('POST', '', { url: receiver.url });
  const { secret } = await call<{ secret: string }>('POST', `/${id}/rotate`);
  expect(secret).not.toBe(old);
  await call('POST', `/${id}/test`);
  const [{ headers, body }] = (await receiver.until(1)) as [(typeof receiver.received)[number]];
  for (const each of [secret, old])
    expect(new Webhook(each).verify(body, headers as Record<string, string>)).toBeDefined();
  await call('DELETE', `/${id}`);

  const { secret: before } = await call<{ secret: string }>('GET', '/secret');
  const rotated = await call<{ secret: string }>('POST', '/secret/rotate');
  expect(rotated).toEqual({
    secret: expect.not.stringMatching(before),
    previous_secret_expires_at: expect.any(String),
  });
  expect(await call('GET', '/secret')).toEqual({ secret: rotated.secret });
});

test('a test is sent at once, once, and its outcome is the answer', async () => {
  let status = 200;
  const receiver = await startReceiver((response) => response.writeHead(status).end('hello'));
  const { webhook_id: id } = await call<Endpoint>('POST', '', { url: receiver.url });
  expect(await call<Delivery>('POST', `/${id}/test`)).toMatchObject({
    type: 'webhook.test',
    state: 'delivered',
    webhook_id: id,
    attempts: [{ status: 200, answer: 'hello' }],
  });
  expect(receiver.received[0]?.message).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } });
  status = 500;
  expect(await call<Delivery>('POST', `/${id}/test`)).toMatchObject({
    state: 'failed',
    reason: 'The receiver answered 500.',
    tries: 1,
  });
  await call('DELETE', `/${id}`);
});

test('one delivery, or all of a range, are sent again under the same ids', async () => {
  const receiver = await startReceiver();
  const { webhook_id: id } = await call<Endpoint>('POST', '', { url: receiver.url });
  const from = Math.floor(Date.now() / 1000);
  for (let count = 0; count < 3; count += 1) await server.submit({ prompt: 'a banana' });
  await delivered(`?webhook_id=${id}`, 3);

  const page = await deliveries(`?webhook_id=${id}&limit=2`);
  expect(page.deliveries).toHaveLength(2);
  const rest = await deliveries(`?webhook_id=${id}&limit=2&cursor=${page.next_cursor}`);
  expect([rest.deliveries.length, rest.next_cursor]).toEqual([1, null]);

  const again = rest.deliveries[0]?.delivery_id ?? '';
  await call('POST', `/deliveries/${again}/replay`);
  await receiver.until(4);
  expect(receiver.received[3]?.headers['webhook-id']).toBe(again);
  await delivered(`?webhook_id=${id}`, 3);
  expect((await call<Delivery>('GET', `/deliveries/${again}`)).attempts).toHaveLength(2);

  const range = { webhook_id: id, from, to: from + 600 };
  expect(await call('POST', '/replay', { ...range, state: 'failed' })).toEqual({ replayed: 0 });
  expect(await call('POST', '/replay', range)).toEqual({ replayed: 3 });
  await receiver.until(7);
  const sent = receiver.received.slice(4).map(({ headers }) => headers['webhook-id']);
  expect(new Set(sent)).toEqual(
    new Set([...page.deliveries, ...rest.deliveries].map(({ delivery_id: each }) => each)),
  );

  await call('PATCH', `/${id}`, { enabled: false });
  refusalOf(await refuse('POST', `/deliveries/${again}/replay`), 409);
  refusalOf(await refuse('POST', '/replay', range), 409);
  await call('DELETE', `/${id}`);
});

test('to another key nothing of this is there', async () => {
  const stranger = await server.newKey('the_key_of_a_stranger');
  const receiver = await startReceiver();
  const { webhook_id: id } = await call<Endpoint>('POST', '', { url: receiver.url });
  await call('POST', `/${id}/test`);
  const { deliveries: own } = await deliveries(`?webhook_id=${id}`);
  for (const [method, where, body] of [
    ['GET', `/${id}`],
    ['PATCH', `/${id}`, { enabled: false }],
    ['DELETE', `/${id}`],
    ['POST', `/${id}/rotate`],
    ['POST', `/${id}/test`],
    ['GET', `/deliveries/${own[0]?.delivery_id}`],
    ['POST', `/deliveries/${own[0]?.delivery_id}/replay`],
    ['POST', '/replay', { webhook_id: id, from: 0 }],
  ] as const)
    refusalOf(await refuse(method, where, body, stranger), 404);
  expect(await call('GET', '', undefined, stranger)).toEqual({ webhooks: [] });
  const seen = await call('GET', `/deliveries?webhook_id=${id}`, undefined, stranger);
  expect(seen).toEqual({ deliveries: [], next_cursor: null });
  expect(await call('POST', '/replay', { from: 0 }, stranger)).toEqual({ replayed: 0 });
  const [mine, theirs] = [await call('GET', '/secret'), await call('GET', '/secret', undefined, stranger)];
  expect(theirs).not.toEqual(mine);
  expect(await call('GET', `/${id}`)).toMatchObject({ enabled: true });
  await call('DELETE', `/${id}`);
});

test('a key has twenty endpoints at most', async () => {
  const key = await server.newKey('the_key_with_many_endpoints');
  for (let count = 0; count < 20; count += 1)
    await call('POST', '', { url: `https://receiver.example/${count}` }, key);
  const { error } = refusalOf(await refuse('POST', '', { url: 'https://receiver.example/' }, key), 409);
  expect(error.message).toContain('20 endpoints');
});

test.each([
  ['POST', '', {}, ['url']],
  [
    'POST',
    '',
    { url: 'http://10.0.0.1/', events: ['x'], descripton: '' },
    ['url', 'events[0]', 'descripton'],
  ],
  ['POST', '', { url: 'http://user@a.example/' }, ['url']],
  ['POST', '/replay', { to: 'x' }, ['to', 'from']],
  // None of these is the beginning of time.
  ['POST', '/replay', { from: '' }, ['from']],
  ['POST', '/replay', { from: [] }, ['from']],
  ['POST', '/replay', { from: false }, ['from']],
  ['POST', '/replay', { from: 10, to: 9, state: 'pending' }, ['state', 'to']],
  ['GET', '/deliveries?limit=0&state=done&cursor=x&page=2', undefined, ['limit', 'state', 'cursor', 'page']],
])('%s %s with %j is refused with every fault', async (method, where, body, faulty) => {
  const { error } = refusalOf(await refuse(method, where, body), 400);
  expect(error.details?.map((fault) => fault.path).toSorted()).toEqual(faulty.toSorted());
});

test.each(['', '/secret', '/deliveries'])('without a key %s answers nothing', async (where) => {
  const { error } = refusalOf(await server.call(path + where, { key: null }), 401);
  expect(error.type).toBe('unauthenticated');
});

test('an endpoint hears of budgets and keys only where it names these events, and a callback_url never does', async () => {
  const url = 'http://127.0.0.1:9/hook';
  const usual = await call<Endpoint>('POST', '', { url });
  expect(usual.events).toEqual(['task.succeeded', 'task.failed', 'task.cancelled']);
  const events = ['budget.threshold', 'key.expiring', 'task.failed'];
  const { webhook_id: id } = await call<Endpoint>('POST', '', { url, events });
  expect((await call<Endpoint>('GET', `/${id}`)).events).toEqual(events);
  await call('DELETE', `/${id}`);
  await call('DELETE', `/${usual.webhook_id}`);
  const submitted = await server.post({
    prompt: 'a banana',
    callback_url: url,
    callback_events: ['budget.threshold'],
  });
  expect(refusalOf(submitted, 400).error.details).toMatchObject([
    { path: expect.stringContaining('callback_events'), message: expect.stringContaining('task.running') },
  ]);
});

test('an endpoint that names task.deleted is told of a deletion by the id alone, and the delivery is found by it', async () => {
  const receiver = await startReceiver();
  const events = ['task.deleted'];
  const { webhook_id: id, secret = '' } = await call<Endpoint>('POST', '', { url: receiver.url, events });
  const task = await server.submit({ prompt: 'a banana' });
  await server.final(task);
  await server.call(`${statusPath}/${task}/delete`, { method: 'POST' });
  const [{ headers, body, message }] = (await receiver.until(1)) as [(typeof receiver.received)[number]];
  expect(message).toEqual({
    type: 'task.deleted',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    code: 200,
    msg: 'success',
    data: { task_id: task },
    exec_time: 0,
    ip: '',
  });
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(message);
  await delivered(`?task_id=${task}`);
  await call('DELETE', `/${id}`);
});
