import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Envelope, NewKeyBody, NewKeyData, TaskRequestData } from '@plantain/client';
import { newTaskId } from '../../../lib/ids.ts';
import { startReceiver } from '../../../webhooks/receiver.fixture.ts';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../../server.fixture.ts';
import { faceColumn } from '../kit/features.fixture.ts';
import {
  apimartClient,
  type DialectClient,
  DialectFailure,
  evolinkClient,
  type Seen,
  sub2apiClient,
  toApisClient,
  vendorClient,
} from './dialect-clients.fixture.ts';

const none = {
  stream: 'a task is asked for by its id',
  usage: 'these APIs count credits, of which there are none here; `X-Plantain-Cost-Micro-Usd` is the charge',
  timeOut: 'a submit is answered at once, and a task asked for by its id',
} as const;
const columnOf = (
  name: string,
  title: string,
  clients: string,
  more: Parameters<typeof faceColumn>[2] = {},
) =>
  faceColumn(
    name,
    {
      title,
      prefix: `/${name === 'v1' ? '' : `${name}/`}v1`,
      clients: [`clients written by the pages of ${clients}`],
    },
    { ...none, ...more },
  );
const columns = {
  v1: columnOf('v1', 'v1', 'the vendor, ToAPIs and sub2api'),
  apimart: columnOf('apimart', 'APIMart', 'APIMart'),
  evolink: columnOf('evolink', 'EvoLink, ToAPIs', 'EvoLink and ToAPIs'),
  sub2api: columnOf('sub2api', 'sub2api', 'sub2api', { upload: 'pictures are sent along with an edit' }),
};

interface Dialect {
  column: keyof typeof columns;
  at: string;
  make: (access: { baseUrl: string; key: string }) => DialectClient;
  /** Types of refusals: a bad key, a request that is off, a rate, a budget. */
  types: [badKey: string, invalid: string, rate: string, budget: string];
  budgetStatus?: number;
  /** How the failures by content rules and by a cancel begin. */
  failures: [content: RegExp, cancelled: RegExp];
}

const ownTypes: Dialect['types'] = ['unauthenticated', 'invalid_request', 'rate_limited', 'budget_exhausted'];
const anyReason: Dialect['failures'] = [/content/i, /cancel/i];
const evolink: Omit<Dialect, 'make'> = {
  column: 'evolink',
  at: '/evolink/v1',
  types: ['authentication_error', 'invalid_request_error', 'rate_limit_error', 'insufficient_quota_error'],
  failures: [/^content_policy_violation: /, /^request_cancelled: /],
};
const sub2apiFailures: Dialect['failures'] = [/^400 image_generation_user_error: /, /^499 /];
const dialects: Record<string, Dialect> = {
  'the vendor': { column: 'v1', at: '/v1', make: vendorClient, types: ownTypes, failures: anyReason },
  'ToAPIs at /v1': { column: 'v1', at: '/v1', make: toApisClient, types: ownTypes, failures: anyReason },
  'sub2api at /v1': {
    column: 'v1',
    at: '/v1',
    make: sub2apiClient,
    types: ownTypes,
    failures: sub2apiFailures,
  },
  APIMart: {
    column: 'apimart',
    at: '/apimart/v1',
    make: apimartClient,
    types: ['authentication_error', 'invalid_request_error', 'rate_limit_error', 'payment_required'],
    failures: [/^failed: /, /^cancelled: /],
  },
  EvoLink: { ...evolink, make: evolinkClient },
  ToAPIs: { ...evolink, make: toApisClient, failures: anyReason },
  sub2api: {
    column: 'sub2api',
    at: '/sub2api/v1',
    make: sub2apiClient,
    types: ['authentication_error', 'invalid_request_error', 'rate_limit_error', 'insufficient_quota'],
    budgetStatus: 429,
    failures: sub2apiFailures,
  },
};

let server: TestServer;
let png: Buffer;
let photo: Blob;
beforeAll(async () => {
  const everyPort = Array.from({ length: 65_535 }, (_, index) => index + 1).join(',');
  server = await startServer(
    { UNPRICED: 'refuse', MAX_TRIES: '1', ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8', LINK_PORTS: everyPort },
    { file: 'selling_prices: { nano-banana-2.1: 0.05 }' },
  );
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  photo = new Blob([new Uint8Array(png)], { type: 'image/png' });
});

const model = 'nano-banana-2.1';

async function until(
  client: DialectClient,
  id: string,
  wanted = ({ isDone }: Seen) => isDone,
): Promise<Seen> {
  let seen: Seen | undefined;
  await expect.poll(async () => wanted((seen = await client.ask(id))), { interval: 10 }).toBe(true);
  return seen!;
}

async function newClient({ make, at }: Dialect, body: Partial<NewKeyBody>): Promise<DialectClient> {
  const sent = { method: 'POST', body: JSON.stringify({ name: 'a user', ...body }) };
  const { secret } = (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
  return make({ baseUrl: server.url + at, key: secret });
}

const refusedBy = (call: Promise<unknown>): Promise<DialectFailure> =>
  call.then(
    () => Promise.reject(new Error('was not refused')),
    (error: unknown) => (error instanceof DialectFailure ? error : Promise.reject(error)),
  );

describe.each(Object.entries(dialects))('a client of %s', (who, dialect) => {
  const { column: name, at, make, types, failures, budgetStatus = 402 } = dialect;
  const column = columns[name];
  const client = (key = adminKey) => make({ baseUrl: server.url + at, key });

  test('submits, polls and has its picture, of the shape and by the model that it named', async () => {
    const mine = client();
    const id = await mine.submit({ model: 'gemini-3-pro-image-preview', prompt: 'x', size: '16:9' });
    const { urls, failure } = await until(mine, id);
    expect({ urls, failure }).toEqual({ urls: [expect.stringMatching(/^http/)], failure: undefined });
    const file = await fetch(urls[0] ?? '');
    expect(await sharp(await file.arrayBuffer()).metadata()).toMatchObject({ width: 1376, height: 768 });
    expect((await server.task(id)).model).toBe('nano-banana-pro');
    for (const feature of ['generate', 'shape', 'names'] as const) column.shows(feature);
  });

  onOneStore('has several pictures of one call', async () => {
    const mine = client();
    const { urls } = await until(mine, await mine.submit({ model, prompt: 'x', n: 2 }));
    expect(new Set(urls).size).toBe(2);
    column.shows('several', 'up to 10, as one task');
  });

  onOneStore(
    'edits pictures by links, by data and, where the vendor has a call for that, by files and uploads',
    async () => {
      const mine = client();
      const { urls } = await until(mine, await mine.submit({ model, prompt: 'x' }));
      const edits = [
        mine.submit({ model, prompt: 'a hat', image_urls: urls }),
        mine.submit({
          model,
          prompt: 'a hat',
          image_urls: [`data:image/png;base64,${png.toString('base64')}`],
        }),
      ];
      if (mine.upload !== undefined)
        edits.push(mine.submit({ model, prompt: 'a hat', image_urls: [await mine.upload(photo)] }));
      if (mine.edit !== undefined) {
        const form = new FormData();
        for (const [member, value] of Object.entries({ model, prompt: 'a hat' })) form.set(member, value);
        form.set('image', photo, 'photo.png');
        edits.push(mine.edit(form));
      }
      for (const id of await Promise.all(edits)) {
        expect(await until(mine, id)).toMatchObject({ urls: [expect.any(String)] });
        expect((await server.task(id)).action).toBe('edit');
      }
      column.shows('editLinks');
      column.shows('edit');
      if (mine.upload !== undefined) column.shows('upload', 'at `uploads/images`');
    },
  );

  test('sees that a task runs, and that it failed or was cancelled, with the reason', async () => {
    const mine = client();
    const failed = await until(mine, await mine.submit({ model, prompt: '[[fail content_rejected]]' }));
    expect(failed).toMatchObject({ urls: [], failure: expect.stringMatching(failures[0]) });
    const id = await mine.submit({ model, prompt: '[[delay 30ms]] [[hang]]' });
    await server.until(id, ({ progress }) => progress >= 0.9);
    const running = await mine.ask(id);
    expect(running).toMatchObject({ isDone: false, urls: [] });
    if (running.progress !== undefined) expect(running.progress).toBe(90);
    await server.call(`${statusPath}/${id}`, { method: 'DELETE' });
    expect(await until(mine, id)).toMatchObject({ failure: expect.stringMatching(failures[1]) });
    column.shows('refusal');
    column.shows(
      'cancel',
      'by this server’s own API or the console, as the vendor documents no call for it; the client sees it',
    );
  });

  test('is refused in the words that it knows: a bad key, a body that is off, a rate, an empty budget', async () => {
    const submit = { model, prompt: 'x' };
    const [badKey, invalid, rate, budget] = types;
    expect(await refusedBy(client('wrong').submit(submit))).toMatchObject({ status: 401, type: badKey });
    expect(await refusedBy(client('wrong').ask(newTaskId()))).toMatchObject({ status: 401, type: badKey });
    const off = await refusedBy(client().submit({ model, prompt: '' }));
    expect(off).toMatchObject({ status: 400, type: invalid, message: expect.stringContaining('prompt') });
    expect(await refusedBy(client().ask(newTaskId()))).toMatchObject({ status: 404 });
    const limited = await newClient(dialect, { limits: { submits_per_minute: 1 } });
    await limited.submit(submit);
    const tooMany = await refusedBy(limited.submit(submit));
    expect(tooMany).toMatchObject({ status: 429, type: rate, retryAfter: expect.stringMatching(/^\d+$/) });
    const poor = await newClient(dialect, { budget: { period: 'day', amount_micro_usd: 60_000 } });
    await poor.submit(submit);
    expect(await refusedBy(poor.submit(submit))).toMatchObject({ status: budgetStatus, type: budget });
    for (const feature of ['badKey', 'invalid', 'rateLimit', 'budget'] as const) column.shows(feature);
  });

  test('sends a submit again by an Idempotency-Key, and makes no second task', async () => {
    const mine = client();
    const again = { 'Idempotency-Key': `order-of-${who}`.replaceAll(/\W/g, '-') };
    const ids = [
      await mine.submit({ model, prompt: 'x' }, again),
      await mine.submit({ model, prompt: 'x' }, again),
    ];
    expect(new Set(ids).size).toBe(1);
    expect(await refusedBy(mine.submit({ model, prompt: 'y' }, again))).toMatchObject({ status: 409 });
    column.shows('idempotency');
    // The client asks for it no more.
    expect(await server.final(ids[0] ?? '')).toMatchObject({ state: 'succeeded' });
    column.shows('hangUp');
  });
});

test('every client has its task, and its pictures, through a kill and restart of the server', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({}, { directory });
  const { port } = new URL(before.url);
  const waiting = await Promise.all(
    Object.values(dialects).map(async ({ column, at, make }) => {
      const mine = make({ baseUrl: before.url + at, key: adminKey });
      return { column, mine, id: await mine.submit({ model, prompt: '[[delay 300ms]] restarted' }) };
    }),
  );
  await before.stop();
  await startServer({ PORT: port }, { directory });
  for (const { column, mine, id } of waiting) {
    expect(await until(mine, id)).toMatchObject({ urls: [expect.any(String)] });
    columns[column].shows('restart');
  }
});

/** Submits at the face of this prefix; gives the task's id, and what the answer warns of. */
async function submitAt(prefix: string, body: object) {
  const path = `${prefix}/images/generations${prefix === '/sub2api/v1' ? '/async' : ''}`;
  const { text, headers, body: answer } = await server.post<{ warnings?: string[] }>(body, path);
  const [id = ''] = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text) ?? [];
  return { id, warnings: answer.warnings, told: headers.get('x-plantain-warnings') };
}

onOneStore.each(Object.entries(columns))(
  'what is ignored is told at %s, in a header and in the body; a link gives another format',
  async (_, column) => {
    const { prefix } = column;
    const asked = { prompt: 'x', style: 'vivid', output_format: 'webp' };
    const { id, warnings, told } = await submitAt(prefix, asked);
    expect(warnings).toEqual(['style', 'output_format'].map((name) => `"${name}": not known here, ignored`));
    expect(JSON.parse(told ?? '')).toEqual(warnings);
    column.shows('warnings', 'in `warnings` and in the header');
    const [image] = (await server.final(id)).data.images;
    const file = await fetch(`${image?.url}&format=webp`);
    expect(file.headers.get('content-type')).toBe('image/webp');
    column.lacks(
      'format',
      '`output_format` has no effect, with a warning; a link with `&format=webp` converts',
    );
  },
);

onOneStore.each(Object.entries(columns))(
  'a mask, quality and background make the task at %s',
  async (_, column) => {
    const picture = `data:image/png;base64,${png.toString('base64')}`;
    const options = { quality: 'high', background: 'transparent' };
    const asked = { model, prompt: 'x', image_urls: [picture], mask: picture, ...options };
    const { id, warnings } = await submitAt(column.prefix, asked);
    expect(warnings).toBeUndefined();
    const { data } = (await server.call<Envelope<TaskRequestData>>(`${statusPath}/${id}/request`)).body;
    expect(data).toMatchObject({ ...options, action: 'edit', mask: expect.stringMatching(/^http/) });
    column.shows('mask', 'by `mask` or `mask_url`, to models that take one');
    column.shows('options', 'to models that can be told so; a warning names what was left out');
  },
);

onOneStore('a webhook is told of the end of a task, whichever face made it', async () => {
  const receiver = await startReceiver();
  const faces = Object.values(columns);
  const asked = { model, prompt: 'x', callback_url: receiver.url, callback_events: 'task.succeeded' };
  const made = await Promise.all(faces.map(({ prefix }) => submitAt(prefix, asked)));
  const received = await receiver.until(faces.length);
  const told = received.map(({ message }) => [message.type, message.data.task_id]);
  expect(new Set(told.map(String))).toEqual(new Set(made.map(({ id }) => `task.succeeded,${id}`)));
  for (const column of faces)
    column.shows('webhook', 'by `callback_url`, with [the message](webhooks.md) of this server’s own API');
});

onOneStore.each(Object.entries(columns))(
  'the models that a key may use are listed at %s',
  async (_, column) => {
    const sent = { method: 'POST', body: '{"name":"a user","models":["nano-banana-pro"]}' };
    const { secret } = (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
    const idsFor = async (key: string) => {
      const path = `${column.prefix}/models`;
      return (await server.call<{ data: { id: string }[] }>(path, { key })).body.data.map(({ id }) => id);
    };
    expect(await idsFor(adminKey)).toContain(model);
    expect(await idsFor(secret)).toEqual(['nano-banana-pro']);
    column.shows('models', 'in OpenAI’s form');
  },
);

onOneStore.each(Object.entries(columns))(
  'a path at which there is nothing says what is there, at %s',
  async (_, column) => {
    const { prefix } = column;
    const wrong = await server.call<{ error: { message: string } }>(`${prefix}/videos/generations`, {
      method: 'POST',
      body: '{}',
    });
    expect(wrong.status).toBe(404);
    expect(wrong.body.error.message).toContain(`POST ${prefix}/images/generations`);
    const method = await server.call(`${prefix}/images/edits/async`, { method: 'PATCH', body: '{}' });
    expect([404, 405]).toContain(method.status);
    column.shows('wrongPath');
  },
);

onOneStore('a path that is none, or too long, is refused in the form of the face as well', async () => {
  for (const path of ['/sub2api/v1/images/tasks/%zz', `/sub2api/v1/images/tasks/${'x'.repeat(600)}`])
    expect((await server.call(path)).body).toEqual({
      error: {
        type: 'invalid_request_error',
        code: null,
        message: expect.stringMatching(/path/),
        param: null,
      },
    });
  const own = await server.call<{ code: number }>('/api/gemini/nano-banana/%zz');
  expect(own.body.code).toBe(400);
});

onOneStore('ToAPIs’ metadata.resolution is the size, and other texts of metadata are kept', async () => {
  const metadata = { resolution: '2K', order: '7', seeds: [1] };
  const answer = await server.post<{ id: string; warnings: string[] }>(
    { model, prompt: 'x', size: '1:1', metadata },
    '/evolink/v1/images/generations',
  );
  expect(answer.body.warnings).toEqual(['metadata.seeds: is no text, ignored']);
  const task = await server.final(answer.body.id);
  expect(task.image_details).toMatchObject([{ width: 2048, height: 2048 }]);
  expect(task.metadata).toEqual({ resolution: '2K', order: '7' });
  const other = await server.post<{ warnings: string[] }>(
    { model, prompt: 'x', metadata: { resolution: '720p' } },
    '/evolink/v1/images/generations',
  );
  expect(other.body.warnings).toEqual([expect.stringMatching(/^metadata\.resolution: no such size/)]);
});

onOneStore('a dry run that no dialect can answer is refused, and makes no task', async () => {
  for (const path of ['/apimart/v1/images/generations?dry_run=true', '/v1/images/edits/async?dry_run=true'])
    expect((await server.post({ prompt: 'x' }, path)).status).toBe(400);
});

onOneStore(
  'equal calls whose clients count their tries, as OpenAI’s libraries do at APIMart, are two tasks once each was answered',
  async () => {
    const send = (tries: number) =>
      server.call<{ data: { task_id: string }[] }>('/apimart/v1/images/generations', {
        method: 'POST',
        headers: { 'x-stainless-retry-count': String(tries) },
        body: JSON.stringify({ prompt: 'tried again' }),
      });
    const first = await send(0);
    for (const tries of [0, 1])
      expect((await send(tries)).body.data[0]?.task_id).not.toBe(first.body.data[0]?.task_id);
  },
);

onOneStore.each(Object.entries(columns))('the column of %s in docs/faces.md is as shown', (_, column) => {
  expect(column.written()).toEqual(column.shown());
});
