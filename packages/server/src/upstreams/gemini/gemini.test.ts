import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { UpstreamContext, UpstreamRequest } from '../../core/upstream.ts';
import { readAnswer } from './answer.ts';
import { candidateReply, smallPng, startGeminiLoopback } from './gemini-loopback.ts';
import type { GeminiLoopback, LoopbackReply, Respond } from './gemini-loopback.ts';
import { createGemini } from './gemini.ts';
import { modelUrl } from './request.ts';

const png = Buffer.from(smallPng, 'base64');
const picture = { inlineData: { mimeType: 'image/jpeg', data: smallPng } };
const request: UpstreamRequest = {
  action: 'generate',
  model: 'gemini-nano-banana-2.1',
  prompt: 'a plantain on a table',
  inputs: [],
  aspectRatio: '16:9',
  imageSize: '2K',
};
const apiKey = 'configured-key-1';

let loopback: GeminiLoopback;
afterEach(() => loopback.close());

async function listen(respond?: Respond) {
  loopback = await startGeminiLoopback(respond === undefined ? {} : { respond });
  return loopback;
}

function contextOf(signal = new AbortController().signal): UpstreamContext {
  return { attempt: 1, signal, onProgress: () => {} };
}

async function makeWith(reply: LoopbackReply) {
  const { url } = await listen(() => reply);
  return createGemini({ apiKey, baseUrl: url }).start(request, contextOf());
}

async function failureOf(made: Promise<unknown>) {
  const error: unknown = await made.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TaskError);
  return (error as TaskError).failure;
}

test('a prompt becomes a picture, its description and what it used', async () => {
  const { url } = await listen();
  expect(await createGemini({ apiKey, baseUrl: url }).start(request, contextOf())).toEqual({
    pictures: [png],
    description: 'Here is your picture.',
    warnings: [],
    usage: {
      prompt_tokens: 5,
      candidates_tokens: 1124,
      thoughts_tokens: 300,
      total_tokens: 1429,
      image_tokens: 1120,
    },
  });
});

test('the prompt, the pictures and every option are sent as Gemini takes them', async () => {
  const { url, requests } = await listen();
  const input = { bytes: png, contentType: 'image/png', width: 16, height: 16 };
  await createGemini({ apiKey, baseUrl: url }).start(
    { ...request, action: 'edit', inputs: [input, input], seed: 0 },
    contextOf(),
  );
  expect(requests).toMatchObject([{ path: '/v1beta/models/gemini-nano-banana-2.1:generateContent' }]);
  expect(requests[0]?.headers).toMatchObject({
    'x-goog-api-key': apiKey,
    'content-type': 'application/json',
  });
  const inlineData = { mimeType: 'image/png', data: smallPng };
  expect(requests[0]?.body).toEqual({
    contents: [{ role: 'user', parts: [{ text: request.prompt }, { inlineData }, { inlineData }] }],
    generationConfig: {
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
      seed: 0,
    },
    store: false,
  });
});

test.each(['gemini-2.5-flash-image', 'gemini-3.1-flash-lite-image'])(
  '%s is never told a size, and says so when another than its own was asked for',
  async (model) => {
    const { url, requests } = await listen();
    const gemini = createGemini({ apiKey, baseUrl: url });
    const plain = { ...request, model, aspectRatio: 'auto' };
    expect((await gemini.start({ ...plain, imageSize: '1K' }, contextOf())).warnings).toEqual([]);
    expect((await gemini.start({ ...plain, imageSize: '4K' }, contextOf())).warnings).toEqual([
      'The model makes 1K pictures only; the size 4K was not asked for.',
    ]);
    for (const { body } of requests)
      expect(body).toHaveProperty('generationConfig', { responseModalities: ['TEXT', 'IMAGE'] });
  },
);

test.each([
  ['https://example.com', 'https://example.com/v1beta/models/m:generateContent'],
  ['https://example.com/', 'https://example.com/v1beta/models/m:generateContent'],
  ['https://example.com/gemini/', 'https://example.com/gemini/v1beta/models/m:generateContent'],
  ['https://example.com/v1', 'https://example.com/v1/models/m:generateContent'],
  ['https://example.com/gemini/v1beta/', 'https://example.com/gemini/v1beta/models/m:generateContent'],
  ['https://example.com/notv1?team=a', 'https://example.com/notv1/v1beta/models/m:generateContent?team=a'],
])('the base URL %s leads to %s', (baseUrl, expected) => {
  expect(modelUrl(baseUrl, 'm').href).toBe(expected);
});

test('a base URL that is none is refused before anything is asked', async () => {
  await listen();
  expect(() => createGemini({ apiKey, baseUrl: 'not a url' })).toThrow(TypeError);
});

test('several pictures keep their order, over all candidates', async () => {
  const second = { inlineData: { mimeType: 'image/png', data: Buffer.from('second').toString('base64') } };
  const candidates = [
    { content: { parts: [{ text: 'One, ' }, picture, second] }, finishReason: 'STOP' },
    { content: { parts: [{ text: 'two.' }, picture] }, finishReason: 'MAX_TOKENS' },
  ];
  const result = await makeWith({ body: { candidates } });
  expect(result).toEqual({
    pictures: [png, Buffer.from('second'), png],
    description: 'One, two.',
    warnings: [],
  });
});

test('drafts and thoughts of the model are left out', async () => {
  const draft = { inlineData: { mimeType: 'image/png', data: Buffer.from('draft').toString('base64') } };
  const parts = [{ text: 'Hm.', thought: true }, { ...draft, thought: true }, { text: 'Done.' }, picture];
  expect(await makeWith(candidateReply(parts))).toMatchObject({ pictures: [png], description: 'Done.' });
});

test('an answer with nothing but drafts holds no picture', async () => {
  const made = makeWith(candidateReply([{ ...picture, thought: true }]));
  expect(await failureOf(made)).toMatchObject({ type: 'no_image', upstreamReason: 'STOP' });
});

test.each(['', '!!!', `${smallPng.slice(0, 40)}*${smallPng.slice(41)}`])(
  'a damaged picture is left out with a warning, and alone it is a failure',
  async (data) => {
    const damaged = { inlineData: { mimeType: 'image/png', data } };
    expect(await makeWith(candidateReply([damaged, picture]))).toMatchObject({
      pictures: [png],
      warnings: ['Of 2 pictures, 1 came damaged and were left out.'],
    });
    await loopback.close();
    expect(await failureOf(makeWith(candidateReply([damaged])))).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      upstreamReason: 'malformed base64',
      maybeBilled: true,
    });
  },
);

test('an endless description is cut, and the cut is told', async () => {
  const result = await makeWith(candidateReply([{ text: 'x'.repeat(40_000) }, picture]));
  expect(result.description).toHaveLength(32_768);
  expect(result.warnings).toEqual(['The description was too long and was cut.']);
});

test.each(['<html>welcome</html>', '', '[]', 'null', '{"candidates":['])(
  'status 200 with the body %j can not be read and may have been billed',
  async (body) => {
    expect(await failureOf(makeWith({ body }))).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      maybeBilled: true,
    });
  },
);

test('whatever JSON comes with status 200, the outcome is a result or a TaskError', async () => {
  await listen();
  const junk = fc.jsonValue();
  const part = fc.record({
    text: junk,
    thought: junk,
    inlineData: fc.oneof(junk, fc.record({ data: junk })),
  });
  const candidate = fc.record({
    content: fc.oneof(junk, fc.record({ parts: fc.array(fc.oneof(junk, part)) })),
    finishReason: junk,
  });
  const body = fc.record(
    {
      candidates: fc.oneof(junk, fc.array(fc.oneof(junk, candidate))),
      promptFeedback: fc.oneof(junk, fc.record({ blockReason: junk })),
      usageMetadata: fc.oneof(junk, fc.record({ candidatesTokensDetails: junk, promptTokenCount: junk })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(junk, body), (answer) => {
      const outcome = outcomeOf(answer);
      expect(outcome instanceof TaskError || outcome.pictures.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});

function outcomeOf(answer: unknown) {
  try {
    return readAnswer(answer, []);
  } catch (error) {
    if (error instanceof TaskError) return error;
    throw error;
  }
}

test('an answer that comes in pieces is put together, wherever it is cut', async () => {
  const whole = Buffer.from(JSON.stringify(candidateReply([{ text: 'Plátano 🍌' }, picture]).body));
  const { url } = await listen((_request, response) => {
    const cuts = [...whole.keys()].filter((index) => index % 3 === 1);
    response.writeHead(200, { 'content-type': 'application/json' });
    writeFrom(response, whole, [...cuts, whole.length]);
    return undefined;
  });
  const result = await createGemini({ apiKey, baseUrl: url }).start(request, contextOf());
  expect(result).toMatchObject({ pictures: [png], description: 'Plátano 🍌' });
});

/** Each piece leaves when the one before it is on its way, so that they travel apart. */
function writeFrom(response: ServerResponse, whole: Buffer, [next, ...cuts]: number[], from = 0): void {
  if (next === undefined) response.end();
  else response.write(whole.subarray(from, next), () => writeFrom(response, whole, cuts, next));
}

test('pictures over the limit of Gemini are refused before anything is sent', async () => {
  const { url, requests } = await listen();
  const big = { bytes: new Uint8Array(40_000_000), contentType: 'image/png', width: 1, height: 1 };
  const made = createGemini({ apiKey, baseUrl: url }).start({ ...request, inputs: [big, big] }, contextOf());
  expect(await failureOf(made)).toMatchObject({ type: 'upstream_bad_request', retryable: false });
  expect(requests).toEqual([]);
});

test('an answer over the limit is refused', async () => {
  const { url } = await listen();
  const made = createGemini({ apiKey, baseUrl: url, maxAnswerBytes: 100 }).start(request, contextOf());
  expect(await failureOf(made)).toMatchObject({ upstreamReason: 'answer too large', maybeBilled: true });
});

test('a time-out of the settings ends a call that hangs, and it may have been billed', async () => {
  const { url } = await listen(() => undefined);
  const made = createGemini({ apiKey, baseUrl: url, timeoutMs: 150 }).start(request, contextOf());
  expect(await failureOf(made)).toMatchObject({
    type: 'upstream_unavailable',
    retryable: true,
    upstreamReason: 'timeout',
    maybeBilled: true,
  });
});

test("an abort during the call rejects with the signal's reason, tears the call down and leaves no listener", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const { url } = await listen((_request, response) => {
    asked.resolve(response);
    return undefined;
  });
  const controller = new AbortController();
  const made = createGemini({ apiKey, baseUrl: url }).start(request, contextOf(controller.signal));
  const closed = once(await asked.promise, 'close');
  const reason = new Error('the lease was lost');
  controller.abort(reason);
  await expect(made).rejects.toBe(reason);
  await closed;
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('a process that aborts a call and does nothing more comes to its end', async () => {
  const controller = { abort: (): void => undefined };
  const { url } = await listen(() => {
    controller.abort();
    return undefined;
  });
  const script = `
    import { createGemini } from ${JSON.stringify(new URL('gemini.ts', import.meta.url).href)};
    const controller = new AbortController();
    process.once('message', () => { process.disconnect(); controller.abort(new Error('enough')); });
    await createGemini({ apiKey: 'k', baseUrl: ${JSON.stringify(url)} })
      .start(${JSON.stringify(request)}, { attempt: 1, signal: controller.signal, onProgress() {} })
      .catch((error) => { process.exitCode = error.message === 'enough' ? 7 : 1; });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  controller.abort = () => child.send('abort');
  expect(await once(child, 'exit')).toEqual([7, null]);
});
