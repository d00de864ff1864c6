import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SubmitEnvelope, TaskEnvelope } from '@plantain/client';
import type { UpstreamRequest } from '../core/upstreams/upstream.ts';
import {
  editPath,
  refusalOf,
  type SentBody,
  startServer,
  statusPath,
  type TestServer,
} from './server.fixture.ts';

let server: TestServer;
let png: Buffer;
let dataUri: string;
beforeAll(async () => {
  server = await startServer({ PROMPT_MAX_CHARACTERS: '200', MAX_DEADLINE_SECONDS: '1000' });
  png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  dataUri = `data:image/png;base64,${png.toString('base64')}`;
});

const prompt = 'a banana';
/** Fails before anything is drawn, which keeps the tests quick. */
const cheap = '[[fail content_rejected]]';

async function accepted(body: SentBody, headers: Record<string, string> = {}, path = statusPath) {
  const answer = await server.call<SubmitEnvelope>(path, { method: 'POST', body, headers });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body).toEqual({
    code: 200,
    msg: 'success',
    data: expect.objectContaining({ task_id: expect.stringMatching(/^[0-9a-f-]{36}$/) }),
    exec_time: expect.any(Number),
    ip: '127.0.0.1',
  });
  expect(answer.body.exec_time).toBeGreaterThan(0);
  return { ...answer.body.data, task: await server.task(answer.body.data.task_id) };
}

const json = { 'content-type': 'application/json' };
const submitJson = (body: unknown, path?: string) => accepted(JSON.stringify(body), json, path);

/** The faults of a refused body, as path and message. */
async function faultsOf(body: unknown, path = statusPath): Promise<Record<string, string>> {
  const { error } = refusalOf(await server.post(body, path), 400);
  return Object.fromEntries((error.details ?? []).map((fault) => [fault.path, fault.message]));
}

function form(fields: Record<string, string | Buffer>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, new Blob([new Uint8Array(value)], { type: 'image/png' }), 'picture.png');
  return data;
}

describe('the body of a submit', () => {
  test.each([
    ['JSON', JSON.stringify({ prompt: cheap }), 'application/json; charset=utf-8'],
    ['JSON with a byte order mark', `\u{feff}${JSON.stringify({ prompt: cheap })}`, 'application/json'],
    ['JSON under another JSON type', JSON.stringify({ prompt: cheap }), 'application/vnd.api+json'],
    ['JSON called text', JSON.stringify({ prompt: cheap }), 'text/plain;charset=UTF-8'],
    ['JSON called a form', `\n ${JSON.stringify({ prompt: cheap })}`, 'application/x-www-form-urlencoded'],
    ['JSON under a type that is none', JSON.stringify({ prompt: cheap }), 'json'],
    [
      'a form',
      new URLSearchParams({ prompt: cheap, oversea: 'true' }).toString(),
      'application/x-www-form-urlencoded',
    ],
  ])('may be %s', async (_, body, type) => {
    const { warnings, task } = await accepted(body, { 'content-type': type });
    expect(warnings).toBeUndefined();
    expect(task).toMatchObject({ action: 'generate', model: 'nano-banana-2.1' });
  });

  test('may be JSON without any content type', async () => {
    const { task } = await accepted(new Blob([JSON.stringify({ prompt: cheap })]));
    expect(task.action).toBe('generate');
  });

  test('may be multipart with picture files, on both submits, with fields behind the files', async () => {
    const generate = await accepted(form({ any_name: png, prompt: cheap }));
    expect(generate.task.action).toBe('generate');
    const edit = await accepted(
      form({ image: png, 'image[]': png, prompt: cheap, aspect_ratio: '1:1' }),
      {},
      editPath,
    );
    expect(edit.task.action).toBe('edit');
    expect(edit.warnings).toBeUndefined();
  });

  test('may name members that are not known, which are ignored and named', async () => {
    const { warnings } = await submitJson({
      prompt: cheap,
      oversea: false,
      ['__proto__x']: 1,
      webhook: 'https://a.example',
    });
    expect(warnings).toEqual([expect.stringContaining('__proto__x'), expect.stringContaining('webhook')]);
  });

  test('with thousands of unknown members is answered with a short list', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, number) => [`member ${number}`, 1]));
    const { warnings = [] } = await submitJson({ prompt: cheap, ...many });
    expect(warnings.length).toBeLessThan(50);
    expect(warnings.at(-1)).toMatch(/4,?9\d\d more/);
  });

  test('may hold what other clients send for "not set"', async () => {
    const unset = {
      aspect_ratio: '',
      image_size: null,
      size: '',
      seed: '',
      model: '',
      image_urls: null,
      deadline_seconds: '',
    };
    const { warnings, task } = await submitJson({ prompt: cheap, ...unset });
    expect(warnings).toBeUndefined();
    expect(task.model).toBe('nano-banana-2.1');
    await submitJson({ prompt: cheap, image_urls: [] });
    await submitJson({ prompt: cheap, image_urls: ['', dataUri, null] }, editPath);
  });
});

describe('a member', () => {
  test.each([
    ['image_url as a string', { image_url: 'https://a.example/1.png' }],
    ['image_urls as a list', { image_urls: ['https://a.example/1.png', 'http://b.example/2'] }],
    ['image_urls as a string', { image_urls: 'https://a.example/1.png' }],
    ['image_urls as JSON text', { image_urls: '["https://a.example/1.png"]' }],
    ['a data: URI', { image_urls: [' data:;base64,QQ==', 'https://a.example/1.png'].slice(1) }],
  ])('may be %s', async (_, member) => {
    const { task } = await submitJson({ prompt: cheap, ...member }, editPath);
    expect(task.action).toBe('edit');
  });

  test('that is a list may come as a repeated form field', async () => {
    const body = new URLSearchParams([
      ['prompt', cheap],
      ['image_urls[]', 'https://a.example/1.png'],
      ['image_urls[]', 'https://a.example/2.png'],
    ]);
    const { task, warnings } = await accepted(body, {}, editPath);
    expect(task.action).toBe('edit');
    expect(warnings).toBeUndefined();
  });

  test.each([
    [{ aspect_ratio: '16:9' }, 1376, 768],
    [{ aspect_ratio: '9X16' }, 768, 1376],
    [{ aspect_ratio: 'AUTO', size: '3:4' }, 1024, 1024],
    [{ size: '3x4' }, 896, 1200],
    [{ size: '1024x1536' }, 848, 1264],
    [{ image_size: '1k', seed: '42' }, 1024, 1024],
    [{ model: 'Nano-Banana', image_size: '4K' }, 1024, 1024],
    [{ image_size: '2k', aspect_ratio: '1:1', deadline_seconds: '60' }, 2048, 2048],
    [{ size: '2048x2048' }, 2048, 2048],
  ])('of %j gives a picture of %i x %i pixels', async (members, width, height) => {
    const { task_id: id } = await submitJson({ prompt, ...members });
    const { image_details: details, data } = await server.final(id);
    expect(details).toMatchObject([{ width, height }]);
    const bytes = await (await fetch(data.images[0]?.url ?? '')).arrayBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ width, height, format: 'png' });
    expect(bytes.byteLength).toBe(details?.[0]?.bytes);
  });

  test('image_size is ignored with a warning where the model has one size', async () => {
    const { warnings } = await submitJson({ prompt: cheap, model: 'nano-banana', image_size: '2K' });
    expect(warnings).toEqual([expect.stringMatching(/^image_size: .*1K$/)]);
    expect(await faultsOf({ prompt, model: 'nano-banana-pro', image_size: '8K' })).toEqual({
      image_size: 'must be one that nano-banana-pro takes: 1K 2K 4K',
    });
  });

  test.each([
    ['nano-banana', ['nano-banana', 'gemini-2.5-flash-image', 'gemini-2.5-flash-image-preview']],
    ['nano-banana-2', ['nano-banana-2', 'gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview']],
    [
      'nano-banana-2-lite',
      ['nano-banana-2-lite', 'gemini-3.1-flash-lite-image', 'gemini-3.1-flash-lite-image-preview'],
    ],
    [
      'nano-banana-pro',
      ['nano-banana-pro', 'gemini-3-pro-image', 'gemini-3-pro-image-preview', 'gemini-2.5-pro-image-preview'],
    ],
    ['nano-banana-2.1', ['nano-banana-2.1', 'gemini-nano-banana-2.1']],
  ])('model may be any name of %s', async (model, names) => {
    const answers = await Promise.all(names.map((name) => submitJson({ prompt: cheap, model: name })));
    expect(answers.map(({ task }) => task.model)).toEqual(names.map(() => model));
  });

  test('prompt reaches the upstream as text that every encoding can carry', async () => {
    const prompts: string[] = [];
    const upstream = {
      name: 'listening',
      async start(request: UpstreamRequest) {
        prompts.push(request.prompt);
        return { pictures: [png], description: '', warnings: [] };
      },
    };
    const listening = await startServer({}, { upstream });
    await listening.final(await listening.submit({ prompt: 'a \ud83c banana 🍌' }));
    expect(prompts).toEqual(['a \ufffd banana 🍌']);
  });

  test('prompt may have as many characters as the settings say, and no more', async () => {
    const fill = (length: number) => cheap.padEnd(length, 'é');
    await submitJson({ prompt: fill(200) });
    expect(await faultsOf({ prompt: fill(201) })).toEqual({
      prompt: 'must have at most 200 characters, has 201',
    });
  });

  test('expires_in_seconds says how long the pictures are kept, within the limits', async () => {
    const task = await server.final(await server.submit({ prompt: 'a banana', expires_in_seconds: 7_200 }));
    expect(Number(task.expires_at) - Number(task.update_time)).toBe(7_200);
    expect(await faultsOf({ prompt: cheap, expires_in_seconds: 59 })).toEqual({
      expires_in_seconds: 'must be at least 60',
    });
    expect(await faultsOf({ prompt: cheap, expires_in_seconds: 30 * 86_400 + 1 })).toEqual({
      expires_in_seconds: 'must be at most 2592000',
    });
  });

  test('deadline_seconds may be 1 up to what the settings say', async () => {
    await submitJson({ prompt: cheap, deadline_seconds: 1 });
    await submitJson({ prompt: cheap, deadline_seconds: 1000 });
    for (const [value, message] of [
      [0, 'must be at least 1'],
      [1001, 'must be at most 1000'],
      [1.5, 'must be a whole number'],
      ['soon', 'must be a whole number'],
      [1e300, expect.any(String)],
    ])
      expect(await faultsOf({ prompt, deadline_seconds: value })).toEqual({ deadline_seconds: message });
  });

  test('that is at fault is named with every other one, by its path, in one answer', async () => {
    const faults = await faultsOf(
      {
        prompt: ' ',
        model: 'dall-e',
        image_urls: ['ftp://a.example', 'https://a.example/1.png', 7, 'data:image/png;base64,*'],
        aspect_ratio: ['1:1'],
        size: 'huge',
        seed: 2 ** 31,
        deadline_seconds: -1,
      },
      editPath,
    );
    expect(Object.keys(faults).toSorted()).toEqual([
      'aspect_ratio',
      'deadline_seconds',
      'image_urls[0]',
      'image_urls[2]',
      'image_urls[3]',
      'model',
      'prompt',
      'seed',
      'size',
    ]);
    expect(await faultsOf({ prompt, aspect_ratio: '5:1' })).toEqual({
      aspect_ratio: expect.stringContaining('16:9'),
    });
    expect(await faultsOf({}, editPath)).toEqual({
      prompt: expect.any(String),
      image_urls: expect.stringContaining('required'),
    });
    expect(
      await faultsOf({ prompt, image_urls: Array.from({ length: 15 }, () => 'https://a.example/1') }),
    ).toEqual({
      image_urls: 'has 15 pictures; nano-banana-2.1 takes at most 14',
    });
  });

  test('with a list of very many links is one fault, not very many', async () => {
    expect(await faultsOf({ prompt, image_urls: Array.from({ length: 100_000 }, () => 1) })).toEqual({
      image_urls: expect.stringContaining('at most'),
    });
  });
});

test('an accepted task is there for the very next query', async () => {
  const { body } = await server.post({ prompt: '[[hang]]', deadline_seconds: 1 });
  const { body: state } = await server.call<TaskEnvelope>(`${statusPath}/${body.data.task_id}`);
  expect(state.data.state).toMatch(/pending|running/);
});
