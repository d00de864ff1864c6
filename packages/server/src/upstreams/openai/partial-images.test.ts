import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ArrivedPartialImage, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { contextOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import type { Reply } from '../loopback.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { createTransport } from '../transport.ts';
import { base64Entry, createOn, readFields, startOpenAiLoopback } from './openai.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';

let loopback: OpenAiLoopback;
beforeAll(async () => {
  loopback = await startOpenAiLoopback();
});
afterAll(() => loopback.close());

const base64 = base64Entry.b64_json;
const partial = (index: unknown, b64_json: unknown = base64) => ({
  type: 'image_generation.partial_image',
  partial_image_index: index,
  b64_json,
});
const completed = {
  type: 'image_generation.completed',
  ...base64Entry,
  usage: { input_tokens: 5, output_tokens: 207 },
};
const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
const textOf = (events: readonly unknown[]) =>
  events.map((each) => `event: x\ndata: ${JSON.stringify(each)}\n\n`).join('');
const streamOf = (...events: unknown[]): Reply => ({ headers, body: textOf(events) });

/** Asks for so many partial images; gives the picture and those that came before it. */
async function ask(reply: Reply, { partialImages = 3, count = 1, timeoutMs = 5_000 } = {}) {
  loopback.answer('start', reply);
  const came: ArrivedPartialImage[] = [];
  const request = requestFor('gpt-image-2', { partialImages, ...(count > 1 ? { count } : {}) });
  const context = { ...contextOf(), onPartialImage: (image: ArrivedPartialImage) => void came.push(image) };
  const transport = createTransport({ afterWholeMs: 20 });
  const result = createOn(loopback, { transport, timeoutMs }).start(
    request,
    context,
  ) as Promise<UpstreamResult>;
  return { came, result };
}
async function made(...asked: Parameters<typeof ask>) {
  const { came, result } = await ask(...asked);
  const { pictures, warnings, usage } = await result;
  const isWhole = ({ bytes }: ArrivedPartialImage) => smallPng.equals(bytes);
  return { indices: came.map(({ index }) => index), isWhole: came.every(isWhole), pictures, warnings, usage };
}
const lastAsked = async () => readFields(loopback.seenAt('start').at(-1)!);

test('partial images come before the picture, which is read as ever, with the tokens of all', async () => {
  expect(await made(streamOf(partial(0), partial(1), completed))).toEqual({
    indices: [0, 1],
    isWhole: true,
    pictures: [smallPng],
    warnings: [],
    usage: expect.objectContaining({ output_image_tokens: 207 }),
  });
  expect(await lastAsked()).toMatchObject({ stream: true, partial_images: 3 });
});

test('an edit is asked for them in its form, and a request without them for no stream', async () => {
  loopback.answer('start', streamOf({ ...completed, type: 'image_edit.completed' }));
  const edit = requestFor('gpt-image-2', { action: 'edit', inputs: [smallPicture], partialImages: 1 });
  await createOn(loopback).start(edit, contextOf());
  expect(await lastAsked()).toMatchObject({ stream: 'true', partial_images: '1' });
  await createOn(loopback).start(requestFor('gpt-image-2'), contextOf());
  expect(Object.keys(await lastAsked())).not.toContain('stream');
});

test('a call for several pictures, which is refused in a stream, is made without, and the task is warned', async () => {
  const reply = { body: { data: [base64Entry, base64Entry] } };
  expect(await made(reply, { count: 2 })).toMatchObject({
    pictures: [smallPng, smallPng],
    warnings: ['The upstream streams no partial images of several pictures in one call, so none came.'],
  });
  const asked = await lastAsked();
  expect(asked).toMatchObject({ n: 2 });
  for (const name of ['stream', 'partial_images']) expect(asked).not.toHaveProperty(name);
});

test.each<[string, Reply, number[]]>([
  ['an answer that is no stream', { body: { data: [base64Entry] } }, []],
  ['a stream by another name', { body: textOf([partial(0), completed]) }, []],
  [
    'signs of life between them',
    { headers, body: `:\n\n${': wait\n\n'.repeat(99)}${textOf([partial(0), completed])}` },
    [0],
  ],
  ['carriage returns', { headers, body: textOf([partial(0), completed]).replaceAll('\n', '\r\n') }, [0]],
])('%s: the picture is there', async (_what, reply, indices) => {
  expect(await made(reply)).toMatchObject({ indices, pictures: [smallPng] });
});

test.each<[string, unknown[], number[]]>([
  ['a thousand of them', Array.from({ length: 1_000 }, () => partial(0)), [0]],
  ['wrong numbers', [partial(3), partial(-1), partial(0.5), partial('0'), partial(null), partial(1)], [1]],
  ['numbers that go back', [partial(1), partial(0), partial(1)], [1]],
  [
    'no pictures',
    [partial(0, '@'), partial(0, 7), partial(0, ''), { type: 'image_generation.partial_image' }],
    [],
  ],
  [
    'a picture in another form',
    [{ ...partial(0), type: 'response.image_generation_call.partial_image' }],
    [],
  ],
  ['things that are no objects', [1, 'x', null, [[partial(0)]]], []],
])('hostile streams cost only the partial images: %s', async (_what, events, indices) => {
  expect(await made(streamOf(...events, completed))).toMatchObject({ indices, pictures: [smallPng] });
});

test('a refusal behind a partial image makes no second call, and may be billed', async () => {
  const error = { code: 'moderation_blocked', param: 'stream', message: 'The stream is not allowed.' };
  const before = loopback.seenAt('start').length;
  const { result } = await ask(streamOf(partial(0), { type: 'error', error }));
  const { failure } = await taskErrorOf(result);
  expect(failure).toMatchObject({ type: 'content_rejected', maybeBilled: true });
  expect(loopback.seenAt('start')).toHaveLength(before + 1);
});

test('a stream that breaks off before the picture has an unknown outcome, as any answer that is cut', async () => {
  const body = textOf([partial(0), { ...completed, padding: 'x'.repeat(100_000) }]);
  const { came, result } = await ask({ headers, body, misbehave: 'cut' });
  const { failure } = await taskErrorOf(result);
  expect(failure).toMatchObject({ type: 'upstream_unavailable', unknownOutcome: true, maybeBilled: true });
  expect(came.map(({ index }) => index)).toEqual([0]);
});

const keepalives = Array.from({ length: 99 }, () => ({ type: 'keepalive' }));

test('short events before them, however many, hide neither partial images nor the picture', async () => {
  const body = `${textOf([...keepalives, partial(0), ...keepalives, completed])}:${' '.repeat(9_999)}\n`;
  const reply: Reply = { headers, body, misbehave: 'cut' };
  expect(await made(reply)).toMatchObject({ indices: [0], pictures: [smallPng] });
});

test.each<[string, Reply]>([
  ['breaks off', { body: `${textOf([partial(0), completed])}:${' '.repeat(9_999)}\n`, misbehave: 'cut' }],
  ['never ends', { body: textOf([partial(0), completed]), misbehave: 'stay open' }],
  ['never ends behind its mark', { body: `${textOf([completed])}data: [DONE]\n\n`, misbehave: 'stay open' }],
])('a stream that %s once the picture has come is an answer, as it is paid for', async (_what, reply) => {
  expect(await made({ headers, ...reply })).toMatchObject({
    pictures: [smallPng],
    usage: { output_image_tokens: 207 },
  });
});

test('a stream that stays open without the picture is no answer', async () => {
  const hollow = { type: 'image_generation.completed', b64_json: '' };
  const body = textOf([partial(0), hollow, { ...completed, type: 'completed' }]);
  const { result } = await ask({ headers, body, misbehave: 'stay open' }, { timeoutMs: 200 });
  const { failure } = await taskErrorOf(result);
  expect(failure).toMatchObject({ unknownOutcome: true, maybeBilled: true });
});

test('a stream that ends without the picture is an answer that can not be read', async () => {
  const { result } = await ask(streamOf(partial(0), partial(1)));
  const { failure } = await taskErrorOf(result);
  expect(failure).toMatchObject({ type: 'upstream_unavailable', answered: true, maybeBilled: true });
});
