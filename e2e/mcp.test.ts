// The tools of the Model Context Protocol, as the official client calls them: over stdio and over HTTP, by both generations of the
// protocol.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { cliEntry } from './cli-process.ts';

let server: TestServer;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** The protocol's newest revision has no handshake; hosts of the ones before open with one. */
type Era = 'auto' | 'legacy';

async function connected(transport: Transport, mode: Era): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  clients.push(client);
  await client.connect(transport);
  return client;
}

async function overHttp(mode: Era = 'auto', key = adminKey, { url } = server): Promise<Client> {
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  return await connected(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }), mode);
}

async function overStdio(mode: Era = 'auto', key = adminKey, more = {}): Promise<Client> {
  const env = {
    ...getDefaultEnvironment(),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    PLANTAIN_URL: server.url,
    PLANTAIN_API_KEY: key,
    ...more,
  };
  const transport = new StdioClientTransport({ command: process.execPath, args: [cliEntry, 'mcp'], env });
  return await connected(transport, mode);
}

interface Block {
  type: string;
  text?: string;
  data?: string;
  mimeType?: string;
}

async function call(client: Client, name: string, given: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: given });
  const content = result.content as Block[];
  const text = content.find(({ type }) => type === 'text')?.text ?? '';
  return { isError: result.isError === true, content, text };
}

interface Json {
  task_id: string;
  images: string[];
  models: unknown[];
  default_model: string;
  tasks: { task_id: string }[];
}

const json = (text: string) => JSON.parse(text.slice(text.indexOf('{'))) as Json;

describe.each([
  ['HTTP', 'auto', overHttp],
  ['HTTP', 'legacy', overHttp],
  ['stdio', 'auto', overStdio],
  ['stdio', 'legacy', overStdio],
] as const)('over %s (%s)', (_way, mode, connect) => {
  let client: Client;
  beforeAll(async () => {
    client = await connect(mode);
  });

  test('every tool works, and pictures come as pictures and once as links', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      'cancel_task',
      'edit_image',
      'generate_image',
      'get_task',
      'list_models',
      'list_tasks',
      'upload_image',
      'wait_task',
    ]);

    const { models, default_model } = json((await call(client, 'list_models')).text);
    expect(models).toContainEqual(
      expect.objectContaining({ name: default_model, aspect_ratios: expect.arrayContaining(['16:9']) }),
    );

    const made = await call(client, 'generate_image', {
      prompt: 'a fox',
      aspect_ratio: '16:9',
      image_size: '2K',
    });
    const task = json(made.text);
    expect(task).toMatchObject({ state: 'succeeded', action: 'generate', images: [expect.any(String)] });
    const [, picture] = made.content;
    expect(picture).toMatchObject({ type: 'image', mimeType: 'image/webp' });
    const shown = await sharp(Buffer.from(picture?.data ?? '', 'base64')).metadata();
    expect(shown).toMatchObject({ format: 'webp', width: 1024 });
    const link = task.images[0] ?? '';
    expect(JSON.stringify(made.content).split(link)).toHaveLength(2);
    const whole = await sharp(await (await fetch(link)).arrayBuffer()).metadata();
    expect(whole).toMatchObject({ format: 'png', width: 2752 });

    const edited = await call(client, 'edit_image', {
      prompt: 'at night',
      image_urls: link,
      wait_seconds: 0,
    });
    const { task_id: id } = json(edited.text);
    expect((await call(client, 'wait_task', { task_id: id })).content.map(({ type }) => type)).toEqual([
      'text',
      'image',
    ]);
    expect(json((await call(client, 'get_task', { task_id: id })).text)).toMatchObject({ action: 'edit' });
    const dry = await call(client, 'edit_image', { prompt: 'x', image_urls: link, dry_run: 'true' });
    expect(dry.text).toMatch(/^Nothing was made\./);
    expect(json(dry.text)).toMatchObject({ cost: expect.any(Object), limits: {}, budget: null });
    const { tasks } = json((await call(client, 'list_tasks', { limit: '1', state: null })).text);
    expect(tasks).toEqual([expect.objectContaining({ task_id: id })]);
  });

  test('a task is cancelled, once', async () => {
    const { task_id: id } = json(
      (await call(client, 'generate_image', { prompt: '[[hang]]', wait_seconds: 0 })).text,
    );
    const cancelled = await call(client, 'cancel_task', { task_id: id });
    expect(cancelled.isError, cancelled.text).toBe(false);
    expect(json((await call(client, 'wait_task', { task_id: id })).text)).toMatchObject({ state: 'error' });
    const { task_id: done } = json((await call(client, 'generate_image', { prompt: 'x' })).text);
    const refused = await call(client, 'cancel_task', { task_id: done });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('has ended already') });
  });

  test('a picture is uploaded, as a data: URI and as base64, and used by its link', async () => {
    const base64 = (await photo()).toString('base64');
    const links: string[] = [];
    for (const image of [`data:image/jpeg;base64,${base64}`, base64]) {
      const uploaded = await call(client, 'upload_image', { image, expires_in_seconds: 3_600 });
      const file = JSON.parse(uploaded.text) as { image_url: string };
      expect(file).toMatchObject({ width: 64, content_type: 'image/jpeg' });
      links.push(file.image_url);
    }
    const edited = await call(client, 'edit_image', { prompt: 'x', image_urls: [...links, base64] });
    expect(json(edited.text)).toMatchObject({ state: 'succeeded' });
    for (const [image, words] of [
      [`data:image/png;base64,${Buffer.from('hello').toString('base64')}`, /^image: .*not a picture/],
      ['data:image/png,hello', /base64/],
      ['', /image is empty/],
    ] as const)
      expect(await call(client, 'upload_image', { image })).toMatchObject({
        isError: true,
        text: expect.stringMatching(words),
      });
  });

  test('what is wrong with a call is named, and so is what there is', async () => {
    const wrong = await call(client, 'generate_image', { prompt: 'x', n: 2, seed: 'any' });
    expect(wrong.isError).toBe(true);
    for (const words of [
      'n is not an argument',
      'prompt, model, aspect_ratio, image_size, seed, count, quality, background, dry_run, wait_seconds and image_urls',
      'seed is "any", and must be a whole number',
    ])
      expect(wrong.text).toContain(words);
    await expect(call(client, 'draw_image')).rejects.toThrow(/"draw_image".*generate_image, edit_image/);
    await expect(client.listTools({ cursor: 'x' })).rejects.toThrow(/cursor/);
  });

  test('failures and refusals are results with the server’s words', async () => {
    const failed = await call(client, 'generate_image', { prompt: 'x [[fail content_rejected]]' });
    expect(failed).toMatchObject({ isError: true, text: expect.stringContaining('content_rejected') });
    const refused = await call(client, 'generate_image', { prompt: 'x', aspect_ratio: '7:5' });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('aspect_ratio') });
    const unknown = await call(client, 'get_task', { task_id: 'nothing' });
    expect(unknown).toMatchObject({ isError: true, text: expect.stringContaining('no task with this id') });
    const misspelt = await call(client, 'generate_image', { promt: 'x' });
    expect(misspelt.isError).toBe(true);
  });

  test('progress is told while a task runs', async () => {
    const told: { progress: number; total?: number | undefined }[] = [];
    await client.callTool(
      { name: 'generate_image', arguments: { prompt: 'slow [[delay 600ms]]' } },
      { onprogress: (progress) => told.push(progress) },
    );
    const numbers = told.map(({ progress }) => progress);
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(told.every(({ total }) => total === 1)).toBe(true);
  });

  test('a cancelled call stops waiting and leaves its task to wait_task', async () => {
    const stop = new AbortController();
    const cancelled = client.callTool(
      { name: 'generate_image', arguments: { prompt: 'slow [[delay 1200ms]]' } },
      { signal: stop.signal, onprogress: () => stop.abort() },
    );
    await expect(cancelled).rejects.toThrow(/abort/i);
    const { tasks } = json((await call(client, 'list_tasks', { limit: 1 })).text);
    const waited = await call(client, 'wait_task', { task_id: tasks[0]?.task_id });
    expect(json(waited.text)).toMatchObject({ state: 'succeeded' });
  });

  test('a wait that is over says how to go on', async () => {
    const pending = await call(client, 'generate_image', { prompt: '[[hang]]', wait_seconds: 1 });
    expect(pending.isError).toBe(false);
    expect(pending.text).toContain('Call wait_task');
    expect(json(pending.text)).toMatchObject({ state: 'running', images: [] });
  });
});

const photo = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#c33' } })
    .jpeg()
    .toBuffer();

test('over stdio a picture can be a file, however its place is written, and nothing else can', async () => {
  const home = temporaryDirectory();
  const client = await overStdio('auto', adminKey, { HOME: home });
  const picture = join(home, 'my photo.jpg');
  writeFileSync(picture, await photo());
  for (const path of [picture, '~/my photo.jpg', pathToFileURL(picture).href]) {
    const edited = await call(client, 'edit_image', { prompt: 'x', image_urls: [path] });
    expect(json(edited.text), path).toMatchObject({ state: 'succeeded' });
  }
  expect(JSON.parse((await call(client, 'upload_image', { image: '~/my photo.jpg' })).text)).toMatchObject({
    width: 64,
  });
  writeFileSync(join(home, 'secret.png'), 'PASSWORD=1');
  for (const path of ['~/secret.png', join(home, 'none.png'), home, 'file://elsewhere/a.png', '~other/a.png'])
    for (const [name, given] of [
      ['edit_image', { prompt: 'x', image_urls: [path] }],
      ['upload_image', { image: path }],
    ] as const) {
      const refused = await call(client, name, given);
      expect(refused.isError, refused.text).toBe(true);
      expect(refused.text).not.toContain('PASSWORD');
    }
  const { text } = await call(client, 'upload_image', { image: '~/secret.png' });
  expect(text).toContain('is not a picture of a type that is taken. Send PNG, JPEG, WebP, GIF, AVIF, HEIC,');
});

test.each([
  '/etc/hostname',
  '~/photo.png',
  'file:///home/me/photo.png',
  'photo.JPG',
  String.raw`C:\photo.png`,
])('over HTTP the file %s is no input, and the answer says how to send it', async (path) => {
  const client = await overHttp();
  for (const [name, given, where] of [
    ['edit_image', { prompt: 'x', image_urls: [path] }, 'image_urls[0]'],
    ['upload_image', { image: path }, 'image'],
  ] as const) {
    const refused = await call(client, name, given);
    expect(refused.isError).toBe(true);
    expect(refused.text.split(`${where}:`)).toHaveLength(2);
    for (const words of ['upload_image', `POST ${server.url}/api/files`, 'plantain mcp'])
      expect(refused.text).toContain(words);
  }
});

test('over stdio null is taken for what is left out', async () => {
  const env = { ...getDefaultEnvironment(), PLANTAIN_URL: server.url, PLANTAIN_API_KEY: adminKey };
  const child = spawn(process.execPath, [cliEntry, 'mcp'], { env });
  onTestFinished(() => void child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (id: number, method: string, params: unknown) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return JSON.parse((await lines.next()).value ?? '{}') as { result?: unknown };
  };
  const clientInfo = { name: 'a program', version: '1' };
  await ask(0, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  expect(await ask(1, 'tools/list', { cursor: null })).toHaveProperty('result');
  expect(await ask(2, 'tools/call', { name: 'list_models', arguments: null })).toHaveProperty('result');
});

test('a wrong key is refused over HTTP, and named in the answers over stdio', async () => {
  await expect(overHttp('auto', 'plantain_no_key_of_this_server')).rejects.toThrow(/401|key/i);
  const answer = await server.call('/mcp', { method: 'POST', key: null, body: '{}' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(
    /^Bearer error="invalid_token", error_description="[^"\\]*Authorization: Bearer plantain_/,
  );
  const client = await overStdio('auto', 'plantain_no_key_of_this_server');
  const refused = await call(client, 'generate_image', { prompt: 'x' });
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('API key') });
});

test('keys see only their own tasks', async () => {
  await server.newKey('plantain_another_key_of_this_server');
  const id = await server.submit({ prompt: 'mine' });
  const client = await overHttp('auto', 'plantain_another_key_of_this_server');
  expect((await call(client, 'get_task', { task_id: id })).isError).toBe(true);
  expect(json((await call(client, 'list_tasks')).text)).toEqual({ tasks: [] });
});

test('pages of other origins are refused, those of this machine are not', async () => {
  const post = (origin: string) =>
    server.call('/mcp', {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1.evil.example:8787'])
    expect((await post(origin)).status, origin).toBe(403);
  for (const origin of ['http://localhost:6274', server.url])
    expect((await post(origin)).status, origin).toBe(200);
});

test('what is to be a name is refused where it is long, before it is part of a URL', async () => {
  const client = await overHttp();
  for (const name of ['list_tasks', 'generate_image']) {
    const given = { model: '%'.repeat(5_000_000), ...(name === 'list_tasks' ? {} : { prompt: 'x' }) };
    const refused = await call(client, name, given);
    expect(refused).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^Input validation error.*model/),
    });
  }
});

test('a call that is too long is refused', async () => {
  const answer = await server.call('/mcp', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { text: 'x'.repeat(11 * 2 ** 20) } }),
  });
  expect(answer.status).toBe(413);
});

test.each(['auto', 'legacy'] as const)(
  'a stop of the server ends calls that wait with a word on their tasks (%s)',
  async (mode) => {
    const stopped = await startServer();
    const client = await overHttp(mode, adminKey, stopped);
    let isTold = () => {};
    const told = new Promise<void>((resolve) => (isTold = resolve));
    const waiting = client.callTool(
      { name: 'generate_image', arguments: { prompt: '[[hang]]' } },
      { onprogress: () => isTold() },
    );
    await told;
    const [result] = await Promise.all([waiting, stopped.stop()]);
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining('stopping') }],
    });
  },
);
