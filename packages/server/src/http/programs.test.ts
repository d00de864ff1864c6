import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, startServer, statusPath, type TestServer } from './server.fixture.ts';

// Whole programs as they are written for the vendor's API and for gateways with its paths: what each sends, and where it looks for
// the id, the state, the link and the reason. None of them may have to be changed.

const key = 'plantain_key_of_programs_that_nobody_changes';
let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.newKey(key);
});

/** JSON, in which a program looks wherever it likes. */
type Json = any;
type Request = [path: string, call: Call];

interface Program {
  submit(prompt: string, key: string): Request;
  id(answer: Json): unknown;
  ask(id: string, key: string): Request;
  /** `succeeded`, `error`, or whatever else it waits at. */
  state(answer: Json): unknown;
  link(answer: Json): unknown;
  reason(answer: Json): unknown;
  /** Words that it shows of a submit that was refused. */
  refusal(answer: Json): unknown;
}

const json = { 'content-type': 'application/json' };
const posted = (path: string, body: object, headers: Record<string, string>): Request => [
  path,
  { method: 'POST', key: null, headers: { ...json, ...headers }, body: JSON.stringify(body) },
];
const got = (path: string, headers: Record<string, string> = {}): Request => [path, { key: null, headers }];
const raw = (secret: string) => ({ authorization: secret });
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const images = '/v1/images/generations?async=true';

/** The vendor's family with an envelope, and the older one without. */
const enveloped = {
  id: (answer: Json) => answer.code === 200 && answer.data.task_id,
  ask: (id: string, secret: string) => got(`${statusPath}/${id}`, raw(secret)),
  state: (answer: Json) => answer.code === 200 && answer.data.state,
  link: (answer: Json) => answer.data.data.images[0].url,
  reason: (answer: Json) => answer.data.msg,
  refusal: (answer: Json) => answer.code !== 200 && answer.msg,
};
const bare = {
  id: (answer: Json) => answer.id,
  ask: (id: string, secret: string) => got(`/v1/tasks/${id}`, bearer(secret)),
  state: (answer: Json) => answer.state,
  link: (answer: Json) => answer.data.images[0].url,
  reason: (answer: Json) => answer.data.description || answer.error,
  refusal: (answer: Json) => answer.error.message,
};

const programs: Record<string, Program> = {
  'with axios and a raw key': {
    ...enveloped,
    submit: (prompt, secret) =>
      posted(statusPath, { model: 'gemini-3-pro-image-preview', prompt, aspect_ratio: '' }, raw(secret)),
  },
  'that takes no other word than success, and digits for states': {
    ...enveloped,
    submit: (prompt, secret) => posted(statusPath, { prompt, size: '3x4', seed: 7 }, bearer(secret)),
    id: (answer) => answer.msg === 'success' && answer.data.task_id,
    ask: (id, secret) => posted(`${statusPath}/status`, { id }, bearer(secret)),
    state: (answer) =>
      ({ 0: 'pending', 1: 'running', 2: 'error', 3: 'succeeded' })[Number(answer.data.status)],
  },
  'in PHP, with its key in JSON that it calls multipart': {
    ...enveloped,
    submit: (prompt, secret) =>
      posted(
        statusPath,
        { prompt, model: 'nano-banana', image_size: '1K', key: secret },
        { 'content-type': 'multipart/form-data' },
      ),
    ask: (id, secret) =>
      got(`${statusPath}/${id}`, { ...raw(secret), 'content-type': 'multipart/form-data' }),
  },
  'that has its key in the query string': {
    ...enveloped,
    submit: (prompt, secret) => posted(statusPath, { prompt, oversea: true }, raw(secret)),
    ask: (id, secret) => got(`${statusPath}/result?id=${id}&key=${secret}`),
  },
  'that has its key in the query string of the oldest call': {
    ...enveloped,
    submit: (prompt, secret) => posted(`${statusPath}/`, { prompt, key: secret }, {}),
    ask: (id, secret) => got(`${statusPath}-result?task_id=${id}&key=${secret}`),
  },
  'that sends a form, and asks the v1 family': {
    ...bare,
    submit: (prompt, secret) => [
      statusPath,
      {
        method: 'POST',
        key: null,
        headers: raw(secret),
        body: new URLSearchParams({ prompt, size: '9x16' }),
      },
    ],
    id: (answer) => answer.data?.task_id,
    reason: (answer) => answer.error,
  },
  'of the v1 family': {
    ...bare,
    submit: (prompt, secret) =>
      posted(images, { model: 'gpt-image-2', prompt, n: 1, quality: 'high', size: '1456x624' }, raw(secret)),
  },
  'of the v1 family, without async': {
    ...bare,
    submit: (prompt, secret) =>
      posted(
        '/v1/images/generations',
        { model: 'gpt-image-2', prompt, image_size: '1024x1024', n: 1 },
        bearer(secret),
      ),
    reason: (answer) => answer.message,
    refusal: (answer) => answer.message,
  },
  'that builds its multipart by hand, and reads task_id': {
    ...bare,
    submit(prompt, secret) {
      const fields = { model_name: 'gpt-image-2', prompt, n: '1', size: '1024x1024' };
      const parts = Object.entries(fields).map(
        ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const headers = { ...bearer(secret), 'content-type': 'multipart/form-data; boundary=x' };
      return [images, { method: 'POST', key: null, headers, body: `${parts.join('')}--x--\r\n` }];
    },
    id: (answer) => answer.task_id,
    reason: (answer) => answer.error?.message,
    refusal: (answer) => answer.message,
  },
  'for a gateway, in camel case': {
    ...bare,
    submit: (prompt, secret) =>
      posted(
        images,
        {
          prompt,
          model: 'google/gemini-3-pro-image-preview',
          aspectRatio: '16:9',
          imageSize: '1K',
          resolution: '1k',
          response_format: 'url',
          image_urls: [],
        },
        { 'x-api-key': secret },
      ),
  },
  'with JSON as text, and a mark before it': {
    ...enveloped,
    submit: (prompt, secret) => [
      statusPath,
      {
        method: 'POST',
        key: null,
        headers: { ...raw(secret), 'content-type': 'text/plain;charset=GBK' },
        body: `\uFEFF${JSON.stringify({ prompt })}`,
      },
    ],
  },
};

describe.each(Object.entries(programs))('a program %s', (_, program) => {
  async function run(prompt: string, state: string): Promise<Json> {
    const [path, call] = program.submit(prompt, key);
    const submitted = await server.call<Json>(path, call);
    expect(submitted.status, submitted.text).toBe(200);
    const id: unknown = program.id(submitted.body);
    expect(id).toEqual(expect.any(String));
    let answer: Json;
    await expect
      .poll(async () => program.state((answer = (await server.call(...program.ask(id as string, key))).body)))
      .toBe(state);
    return answer;
  }

  test('gets its picture', async () => {
    const picture = await fetch(program.link(await run('a banana', 'succeeded')) as string);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect((await picture.bytes()).length).toBeGreaterThan(1_000);
  });

  test('learns why there is none', async () => {
    const reason: unknown = program.reason(await run('[[fail content_rejected]]', 'error'));
    expect(JSON.stringify(reason)).toContain('content rules');
  });

  test('is told what is wrong with its key', async () => {
    const answer = await server.call<Json>(...program.submit('a banana', 'plantain_unknown'));
    expect(answer.status).toBe(401);
    expect(program.refusal(answer.body)).toContain('API key');
  });
});
