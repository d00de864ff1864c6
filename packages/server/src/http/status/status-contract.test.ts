import { Ajv2020 } from 'ajv/dist/2020.js';
import type { TaskData, TaskEnvelope } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import openapi from '../../../../../docs/openapi.json' with { type: 'json' };
import {
  type Answer,
  adminKey,
  isFinal,
  rawCall,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../server.fixture.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(openapi, 'openapi.json');
const ownReference = ajv.compile({ $ref: 'openapi.json#/components/schemas/TaskEnvelope' });

const text = { type: 'string' };
const unixSeconds = { type: 'string', pattern: '^1[0-9]{9}$' };
/** Demands of the API's own document on a status answer, and members that clients were seen to rely on. */
const contract = ajv.compile({
  type: 'object',
  required: ['code', 'msg', 'data', 'exec_time', 'ip'],
  additionalProperties: false,
  properties: {
    code: { const: 200 },
    msg: { const: 'success' },
    exec_time: { type: 'number', exclusiveMinimum: 0, maximum: 60 },
    ip: { type: 'string', minLength: 1 },
    data: {
      type: 'object',
      required: ['task_id', 'state', 'data', 'create_time', 'update_time', 'msg', 'status', 'action'],
      properties: {
        task_id: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
        create_time: unixSeconds,
        update_time: unixSeconds,
        action: { enum: ['generate', 'edit'] },
        data: {
          type: 'object',
          required: ['images', 'description'],
          properties: {
            description: text,
            images: {
              type: 'array',
              items: {
                type: 'object',
                required: ['url', 'file_name'],
                additionalProperties: false,
                properties: {
                  url: { type: 'string', pattern: '^https?://' },
                  file_name: { type: 'string', pattern: '^output(-[0-9]+)?\\.png$' },
                },
              },
            },
          },
        },
      },
      oneOf: [
        {
          properties: {
            state: { const: 'pending' },
            status: { const: '0' },
            msg: { const: '' },
            data: { $ref: '#/$defs/noImages' },
          },
        },
        {
          properties: {
            state: { const: 'running' },
            status: { const: '1' },
            msg: { const: '' },
            data: { $ref: '#/$defs/noImages' },
          },
        },
        {
          properties: {
            state: { const: 'error' },
            status: { const: '2' },
            msg: { type: 'string', minLength: 10 },
            data: { $ref: '#/$defs/noImages' },
          },
        },
        {
          properties: {
            state: { const: 'succeeded' },
            status: { const: '3' },
            msg: { const: '' },
            data: { properties: { images: { minItems: 1 } } },
          },
        },
      ],
    },
  },
  $defs: { noImages: { properties: { images: { maxItems: 0 }, description: { const: '' } } } },
});

function expectContract(answer: Answer): TaskData {
  expect(answer.status).toBe(200);
  expect(contract(answer.body), JSON.stringify(contract.errors)).toBe(true);
  expect(ownReference(answer.body), JSON.stringify(ownReference.errors)).toBe(true);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('cache-control')).toBe('private, no-cache');
  expect(answer.headers.get('etag')).toMatch(/^W\/"[\w.-]{12,25}"$/);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { data } = answer.body as TaskEnvelope;
  expect(Number(data.update_time)).toBeGreaterThanOrEqual(Number(data.create_time));
  expect(Math.abs(Number(data.create_time) - Date.now() / 1000)).toBeLessThan(60);
  return data;
}

/** Asks in every way that a client may, and holds each answer against the contract. */
async function ask(server: TestServer, id: string): Promise<TaskData> {
  const plain = await server.call(`${statusPath}/${id}`);
  const data = expectContract(plain);
  const headers = { authorization: adminKey };
  const others = await Promise.all([
    server.call(`${statusPath}/${id}?x=1`),
    server.call(`${statusPath}/${id.toUpperCase()}`),
    server.call(`${statusPath}/${id}/`),
    server.call(`/${statusPath.replaceAll('/', '//')}/${id}`, { key: `Bearer ${adminKey}` }),
    rawCall(server.url, { target: `http://any.example${statusPath}/${id}`, headers }),
  ]);
  for (const other of others) expect(expectContract(other)).toEqual(data);
  const head = await rawCall(server.url, { target: `${statusPath}/${id}`, method: 'HEAD', headers });
  expect(head).toMatchObject({ status: 200, text: '' });
  expect(Number(head.headers.get('content-length'))).toBe(Buffer.byteLength(plain.text));
  return data;
}

/** Whether a task of the sandbox that hangs has come as far as it will: answers that are compared can't differ in it. */
const isAtItsLast = ({ progress }: TaskData) => progress >= 0.9;
/** Whether a snapshot of the queue, of up to a second ago, shows what was before this task as begun: answers that are compared can't differ in it. */
const isNext = ({ queue_position: position }: TaskData) => position === 1;

const publicUrl = 'https://pictures.example/base';
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ PUBLIC_URL: publicUrl });
});

test('a task keeps to the contract while it waits, runs, makes progress, and is handed to the next process', async () => {
  const directory = temporaryDirectory();
  const busy = await startServer({ CONCURRENCY: '1' }, { directory });
  const first = await busy.submit({ prompt: '[[delay 50ms]] [[hang]]' });
  await busy.until(first, ({ state }) => state === 'running');
  const second = await busy.submit({ prompt: '[[hang]]' });
  await busy.until(second, isNext);
  expect(await ask(busy, second)).toMatchObject({ state: 'pending', progress: 0, attempts: [] });
  await busy.until(first, isAtItsLast);
  expect(await ask(busy, first)).toMatchObject({
    state: 'running',
    progress: 0.9,
    attempts: [{ number: 1, upstream: 'sandbox' }],
  });
  await busy.stop();

  const next = await startServer({ CONCURRENCY: '1' }, { directory });
  const handedOn = await next.until(first, (task) => task.attempts.length === 2 && isAtItsLast(task));
  expect(handedOn.attempts[0]).toMatchObject({ outcome: 'interrupted', maybe_billed: true });
  expect((await ask(next, first)).state).toBe('running');
  await next.until(second, isNext);
  expect((await ask(next, second)).state).toBe('pending');
});

test('a task that succeeded keeps to the contract, with its pictures, its text and their measures', async () => {
  const one = await server.submit({ prompt: '[[text one “banana”]]', aspect_ratio: '16:9' });
  const three = await server.submit({ prompt: '[[images 3]] [[unknown thing]]' });
  await Promise.all([server.final(one), server.final(three)]);
  const single = await ask(server, one);
  expect(single).toMatchObject({
    state: 'succeeded',
    progress: 1,
    data: { description: 'one “banana”', images: [{ file_name: 'output.png' }] },
    image_details: [{ width: 1376, height: 768, content_type: 'image/png' }],
  });
  expect(single.data.images[0]?.url).toMatch(
    new RegExp(`^${publicUrl}/files/${one}/output\\.png\\?e=${single.expires_at}&token=[\\w-]{43}$`),
  );
  const several = await ask(server, three);
  expect(several.data.images.map(({ file_name: name }) => name)).toEqual([
    'output.png',
    'output-2.png',
    'output-3.png',
  ]);
  const [made] = several.attempts;
  const receipt = {
    model: several.model,
    upstream: 'sandbox',
    upstream_model: made?.upstream_model,
    attempt: 1,
    create_time: made?.end_time,
  };
  expect(several.image_details?.map((each) => each.receipt)).toEqual([receipt, receipt, receipt]);
  expect(several.warnings).toEqual([
    expect.stringMatching(/directive/i),
    '1 picture was asked for, and the upstream made 3.',
  ]);
});

const errorTypes = openapi.components.schemas.TaskData.properties.error.properties.type.enum;

test('the reference lists all twelve ways in which a task can fail', () => {
  expect(new Set(errorTypes).size).toBe(12);
});

test.each(errorTypes)('a task that failed with %s keeps to the contract and says why', async (type) => {
  const failing = await startedWithOneTry();
  const id = await failing.submit({ prompt: `[[fail ${type}]]` });
  await failing.final(id);
  const task = await ask(failing, id);
  expect(task.error).toMatchObject({ type, message: task.msg, retryable: expect.any(Boolean) });
  expect(task.attempts).toMatchObject([{ outcome: 'failed', error: { type } }]);
});

let withOneTry: Promise<TestServer> | undefined;
const startedWithOneTry = () => (withOneTry ??= startServer({ MAX_TRIES: '1' }));

test('a task that was put back keeps to the contract and shows what happened', async () => {
  const id = await server.submit({ prompt: '[[fail upstream_rate_limited x1 retry_after 10m]]' });
  await server.until(id, ({ attempts }) => attempts[0]?.outcome === 'failed');
  const task = await ask(server, id);
  expect(task).toMatchObject({ state: 'pending', progress: 0, msg: '' });
  expect(task.error).toBeUndefined();
  expect(task.attempts).toMatchObject([{ error: { type: 'upstream_rate_limited' } }]);
});

test('final tasks look the same after a restart, and their links follow the public address', async () => {
  const directory = temporaryDirectory();
  const before = await startServer({ PUBLIC_URL: publicUrl }, { directory });
  const ids = [
    await before.submit({ prompt: '[[images 2]]' }),
    await before.submit({ prompt: '[[fail no_image]]' }),
  ];
  const shown = await Promise.all(ids.map((id) => before.final(id)));
  await before.stop();
  const same = await startServer({ PUBLIC_URL: publicUrl }, { directory });
  expect(await Promise.all(ids.map((id) => ask(same, id)))).toEqual(shown);
  await same.stop();
  const moved = await startServer({}, { directory });
  const { data } = await ask(moved, ids[0] ?? '');
  expect(data.images).toHaveLength(2);
  for (const { url } of data.images) {
    expect(url.startsWith(`${moved.url}/files/`)).toBe(true);
    expect((await fetch(url)).status).toBe(200);
  }
});

test('whoever polls without pause never sees a state go back, except from running to pending by a retry', async () => {
  const rank = { pending: 0, running: 1, succeeded: 2, error: 2 };
  const id = await server.submit({ prompt: '[[delay 60ms]] [[fail upstream_unavailable x2]]' });
  const seen: TaskData[] = [];
  do seen.push(await server.task(id));
  while (!isFinal(seen.at(-1) as TaskData));
  seen.push(await server.task(id));
  expect(seen.at(-1)?.state).toBe('succeeded');
  for (const [index, now] of seen.entries()) {
    const before = seen[index - 1] ?? now;
    expect(Number(now.update_time)).toBeGreaterThanOrEqual(Number(before.update_time));
    expect(now.attempts.length).toBeGreaterThanOrEqual(before.attempts.length);
    const putBack = before.state === 'running' && now.state === 'pending';
    if (putBack) expect(now.attempts.at(-1)?.outcome).toBe('failed');
    else expect(rank[now.state]).toBeGreaterThanOrEqual(rank[before.state]);
    if (now.state === before.state && now.attempts.length === before.attempts.length)
      expect(now.progress).toBeGreaterThanOrEqual(before.progress);
  }
});
