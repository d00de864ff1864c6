import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { contextOf, failureOf } from '../faults.fixture.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { base64Png, candidateReply, geminiKey, sentBodies, startGeminiLoopback } from './gemini.fixture.ts';
import { createGemini } from './gemini.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import { checkUrl, modelUrl } from './request.ts';

const picture = { inlineData: { mimeType: 'image/jpeg', data: base64Png } };
const request: UpstreamRequest = {
  action: 'generate',
  model: 'gemini-nano-banana-2.1',
  prompt: 'a plantain on a table',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '2K',
};

let loopback: Loopback;
afterEach(() => loopback.close());

/** An adapter whose calls for pictures are answered so. */
async function geminiAnswering(respond?: () => Reply) {
  loopback = await startGeminiLoopback(respond);
  return createGemini({ apiKey: geminiKey, baseUrl: loopback.url, fetchPublic: refuseToFetch });
}

const context = contextOf();

async function makeWith(reply: Reply) {
  return await (await geminiAnswering(() => reply)).start(request, context);
}

test('a prompt becomes a picture, its description and what it used', async () => {
  expect(await (await geminiAnswering()).start(request, context)).toEqual({
    pictures: [smallPng],
    description: 'Here is your picture.',
    warnings: [],
    usage: {
      input_tokens: 263,
      input_image_tokens: 258,
      output_tokens: 1424,
      output_image_tokens: 1120,
      total_tokens: 1687,
    },
  });
});

test('what Gemini did not count, or counted in no numbers, is left out of the usage', async () => {
  const { body } = candidateReply([picture]);
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 'many', thoughtsTokenCount: 7 };
  expect(await makeWith({ body: { ...(body as object), usageMetadata } })).toHaveProperty('usage', {
    input_tokens: 5,
    output_tokens: 7,
  });
  await loopback.close();
  const bare = await makeWith({ body: { ...(body as object), usageMetadata: { trafficType: 'ON_DEMAND' } } });
  expect(bare).not.toHaveProperty('usage');
});

test('the prompt, the pictures and every option are sent as Gemini takes them', async () => {
  const gemini = await geminiAnswering();
  const input = { bytes: smallPng, contentType: 'image/png', width: 16, height: 16 };
  await gemini.start({ ...request, action: 'edit', inputs: [input, input], seed: 0 }, context);
  expect(loopback.seen).toMatchObject([
    {
      path: '/v1beta/models/gemini-nano-banana-2.1:generateContent',
      headers: { 'x-goog-api-key': geminiKey, 'content-type': 'application/json' },
    },
  ]);
  const inlineData = { mimeType: 'image/png', data: base64Png };
  expect(sentBodies(loopback)).toEqual([
    {
      contents: [{ role: 'user', parts: [{ text: request.prompt }, { inlineData }, { inlineData }] }],
      generationConfig: {
        responseModalities: ['TEXT', 'IMAGE'],
        imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
        seed: 0,
      },
      store: false,
    },
  ]);
});

test.each(['gemini-2.5-flash-image', 'gemini-3.1-flash-lite-image'])(
  '%s makes one size, and is never told it',
  async (model) => {
    const gemini = await geminiAnswering();
    expect(gemini.capabilities(model).sizes).toEqual(['1K']);
    await gemini.start({ ...request, model, aspectRatio: 'auto', imageSize: '1K' }, context);
    expect(sentBodies(loopback)).toMatchObject([
      { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } },
    ]);
    expect(sentBodies(loopback)[0]).not.toHaveProperty('generationConfig.imageConfig');
  },
);

test('what a model takes stands in a table, and a model of tomorrow takes what most of today take', async () => {
  const gemini = await geminiAnswering();
  expect(gemini.capabilities('gemini-nano-banana-2.1')).toMatchObject({
    ratios: expect.arrayContaining(['1:8', '21:9']),
    sizes: ['1K', '2K', '4K'],
    maxInputs: 14,
    inputLimits: { maxTotalBytes: 72_000_000 },
    seed: true,
  });
  expect(gemini.capabilities('gemini-3.1-flash-image').sizes).toEqual(['512', '1K', '2K', '4K']);
  expect(gemini.capabilities('gemini-2.5-flash-image').maxInputs).toBe(3);
  for (const model of ['gemini-9-image', 'constructor'])
    expect(gemini.capabilities(model)).toEqual(gemini.capabilities('gemini-3-pro-image'));
});

test.each([
  ['https://example.com', 'https://example.com/v1beta/models/m:generateContent'],
  ['https://example.com/', 'https://example.com/v1beta/models/m:generateContent'],
  ['https://example.com/gemini/', 'https://example.com/gemini/v1beta/models/m:generateContent'],
  ['https://example.com/v1', 'https://example.com/v1/models/m:generateContent'],
  ['https://example.com/gemini/v1beta/', 'https://example.com/gemini/v1beta/models/m:generateContent'],
  [
    'https://example.com/v1/publishers/google',
    'https://example.com/v1/publishers/google/models/m:generateContent',
  ],
  [
    'https://example.com/v1beta1/projects/x/locations/y/publishers/google/',
    'https://example.com/v1beta1/projects/x/locations/y/publishers/google/models/m:generateContent',
  ],
  [
    'https://example.com/v1/projects/x/locations/y',
    'https://example.com/v1/projects/x/locations/y/publishers/google/models/m:generateContent',
  ],
  [
    'https://aiplatform.googleapis.com',
    'https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent',
  ],
  [
    'https://europe-west1-aiplatform.googleapis.com/v1beta1/',
    'https://europe-west1-aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent',
  ],
  ['https://example.com/notv1?team=a', 'https://example.com/notv1/v1beta/models/m:generateContent?team=a'],
])('the base URL %s leads to %s', (baseUrl, expected) => {
  expect(modelUrl(baseUrl, 'm').href).toBe(expected);
  const list = checkUrl(baseUrl);
  expect(list.pathname).toBe(new URL(expected).pathname.replace('/m:generateContent', ''));
  expect(list.searchParams.get('pageSize')).toBe('1');
});

test.each<[string, number, string[]]>([
  ['lists its models', 200, ['models?pageSize=1']],
  ['lists no models to an API key', 401, ['models?pageSize=1', 'models/gemini-nano-banana-2.1:countTokens']],
])('at Vertex AI, where it %s, a check shows that the key works', async (_what, status, asked) => {
  const base = '/v1/publishers/google';
  loopback = await startLoopback(({ method }) => ({
    status: method === 'GET' ? status : 200,
    body: { totalTokens: 2 },
  }));
  const gemini = createGemini({
    apiKey: geminiKey,
    baseUrl: `${loopback.url}${base}`,
    fetchPublic: refuseToFetch,
  });
  expect(await gemini.check(context.signal)).toMatch(/took the key/);
  expect(loopback.seen.map(({ path }) => path)).toEqual(asked.map((path) => `${base}/${path}`));
});

test.each([
  [400, { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }, false],
  [404, { error: { code: 404, message: 'Publisher Model `m` was not found.', status: 'NOT_FOUND' } }, true],
  [404, '<html>Not found</html>', false],
])(
  'at Vertex AI a count that is answered with %i and %j shows that the key works: %s',
  async (status, body, works) => {
    loopback = await startLoopback(({ method }) => (method === 'GET' ? { status: 404 } : { status, body }));
    const baseUrl = `${loopback.url}/v1/publishers/google`;
    const checked = createGemini({ apiKey: geminiKey, baseUrl, fetchPublic: refuseToFetch }).check(
      context.signal,
    );
    if (works) expect(await checked).toMatch(/took the key/);
    else expect(await failureOf(checked)).not.toHaveProperty('maybeBilled');
  },
);

test('a base URL that is none is refused before anything is asked', async () => {
  await geminiAnswering();
  expect(() => createGemini({ apiKey: geminiKey, baseUrl: 'not a url', fetchPublic: refuseToFetch })).toThrow(
    TypeError,
  );
});

test('an odd model name stays within its part of the path, and an absurd one is refused', async () => {
  const gemini = await geminiAnswering();
  await gemini.start({ ...request, model: 'a/../b?c=d#e' }, context);
  for (const model of ['..', '.', ''])
    expect(await failureOf(gemini.start({ ...request, model }, context))).toMatchObject({
      type: 'upstream_bad_request',
      modelUnknown: true,
    });
  expect(loopback.seen.map(({ path }) => path)).toEqual([
    '/v1beta/models/a%2F..%2Fb%3Fc%3Dd%23e:generateContent',
  ]);
});

test('several pictures keep their order, over all candidates', async () => {
  const second = { inlineData: { mimeType: 'image/png', data: Buffer.from('second').toString('base64') } };
  const candidates = [
    { content: { parts: [{ text: 'One, ' }, picture, second] }, finishReason: 'STOP' },
    { content: { parts: [{ text: 'two.' }, picture] }, finishReason: 'MAX_TOKENS' },
  ];
  const result = await makeWith({ body: { candidates } });
  expect(result).toEqual({
    pictures: [smallPng, Buffer.from('second'), smallPng],
    description: 'One, two.',
    warnings: [],
  });
});

test('drafts and thoughts of the model are left out', async () => {
  const draft = { inlineData: { mimeType: 'image/png', data: Buffer.from('draft').toString('base64') } };
  const parts = [{ text: 'Hm.', thought: true }, { ...draft, thought: true }, { text: 'Done.' }, picture];
  expect(await makeWith(candidateReply(parts))).toMatchObject({ pictures: [smallPng], description: 'Done.' });
});

test('an answer with nothing but drafts holds no picture', async () => {
  const made = makeWith(candidateReply([{ ...picture, thought: true }]));
  expect(await failureOf(made)).toMatchObject({ type: 'no_image', upstreamReason: 'STOP' });
});

test.each(['', '!!!', `${base64Png.slice(0, 40)}*${base64Png.slice(41)}`])(
  'a damaged picture is left out with a warning, and alone it is a failure',
  async (data) => {
    const damaged = { inlineData: { mimeType: 'image/png', data } };
    expect(await makeWith(candidateReply([damaged, picture]))).toMatchObject({
      pictures: [smallPng],
      warnings: ['Of 2 pictures, 1 could not be taken.'],
    });
    await loopback.close();
    expect(await failureOf(makeWith(candidateReply([damaged])))).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      upstreamReason: 'malformed base64',
      maybeBilled: true,
      answered: true,
    });
  },
);

test('a check tells a gateway that knows no JSON from Gemini, and none of its failures was billed', async () => {
  const signal = new AbortController().signal;
  for (const [status, reason] of [
    [200, 'not JSON'],
    [502, '502'],
  ] as const) {
    loopback = await startLoopback(() => ({ status, body: '<html>Welcome</html>' }));
    const checked = createGemini({
      apiKey: geminiKey,
      baseUrl: loopback.url,
      fetchPublic: refuseToFetch,
    }).check(signal);
    const { message, ...failure } = await failureOf(checked);
    expect(failure).toEqual({ type: 'upstream_unavailable', retryable: true, upstreamReason: reason });
    expect(message).not.toContain('Welcome');
    await loopback.close();
  }
});

test('an endless description is cut, and the cut is told', async () => {
  expect(await makeWith(candidateReply([{ text: 'x'.repeat(40_000) }, picture]))).toMatchObject({
    description: 'x'.repeat(32_768),
    warnings: ['The description was too long and was cut.'],
  });
});

test.each(['<html>welcome</html>', '', '[]', 'null', '{"candidates":['])(
  'status 200 with the body %j can not be read and may have been billed',
  async (body) => {
    expect(await failureOf(makeWith({ body }))).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      maybeBilled: true,
      answered: true,
    });
  },
);

test('a process that aborts a call and does nothing more comes to its end', async () => {
  const controller = { abort: (): void => undefined };
  await geminiAnswering(() => {
    controller.abort();
    return { misbehave: 'hang before headers' };
  });
  const script = `
    import { createGemini } from ${JSON.stringify(new URL('./gemini.ts', import.meta.url).href)};
    const controller = new AbortController();
    process.once('message', () => { process.disconnect(); controller.abort(new Error('enough')); });
    await createGemini({ apiKey: ${JSON.stringify(geminiKey)}, baseUrl: ${JSON.stringify(loopback.url)} })
      .start(${JSON.stringify(request)}, { attempt: 1, prompt: '', signal: controller.signal, onProgress() {} })
      .catch((error) => { process.exitCode = error.message === 'enough' ? 7 : 1; });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  controller.abort = () => child.send('abort');
  expect(await once(child, 'exit')).toEqual([7, null]);
});
