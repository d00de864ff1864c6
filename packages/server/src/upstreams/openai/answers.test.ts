import { afterAll, beforeAll, expect, test } from 'vitest';
import { endOf, requestFor } from '../faults.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { base64Entry, createOn, imagesReply, startOpenAiLoopback } from './openai.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';

let loopback: OpenAiLoopback;
beforeAll(async () => {
  loopback = await startOpenAiLoopback();
});
afterAll(() => loopback.close());

const base64 = base64Entry.b64_json;
const uri = `data:image/png;base64,${base64}`;
const path = '/generated-images/b64.png';
const wrapped = base64.replaceAll(/.{76}/g, '$&\r\n');
const streamOf = (...events: unknown[]) =>
  events
    .map((each) => `event: x\ndata: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`)
    .join('');
const draft = { type: 'image_generation.partial_image', partial_image_index: 0, b64_json: 'iVBORw0KGgo=' };
const completed = {
  type: 'image_generation.completed',
  b64_json: base64,
  usage: { input_tokens: 5, output_tokens: 7 },
};

/** Gives the result of an answer with this body: pictures, warnings, tokens. */
async function madeOf(body: unknown) {
  loopback.answer('start', { body });
  const end = await endOf(createOn(loopback), requestFor('sdxl'));
  if (end.kind !== 'made') throw new Error(end.failure.message);
  return end.result;
}

test.each<[string, unknown]>([
  ['base64 with broken lines', { data: [{ b64_json: wrapped }] }],
  ['base64 with a `data:` prefix', { data: [{ b64_json: uri }] }],
  ['base64 with both', { data: [{ b64_json: `data:image/png;base64,${wrapped}` }] }],
  [
    'base64 without padding, in the alphabet of URLs',
    { data: [{ b64_json: Buffer.from(base64, 'base64').toString('base64url') }] },
  ],
  ['damaged base64 and a link', { data: [{ b64_json: '@', url: path }] }],
  ['a link in the place of base64', { data: [{ b64_json: `http://127.0.0.1:PORT${path}` }] }],
  ['a `data:` URI in the place of a link', { data: [{ url: uri }] }],
  ['a link relative to the host', { data: [{ url: path }] }],
  ['a link relative to the address', { data: [{ url: `../..${path}` }] }],
  ['a list of links', { data: [path] }],
  ['one entry instead of a list', { data: { url: path } }],
  ['`image` for the base64', { data: [{ image: base64 }] }],
  ['`b64` for the base64', { data: [{ b64: base64 }] }],
  ['a list `images` of base64', { images: [base64] }],
  ['a list `images` of links', { images: [`http://127.0.0.1:PORT${path}`] }],
  ['a list `images` of objects', { images: [{ url: path }] }],
  ['`output` as a list', { output: [`http://127.0.0.1:PORT${path}`] }],
  ['a link and nothing else', { url: path }],
  ['a stream of one event', streamOf(completed)],
  ['a stream with drafts', streamOf(draft, draft, completed, '[DONE]')],
  ['a stream whose last event has the whole answer', streamOf(draft, completed, { data: [base64Entry] })],
  ['a stream of an edit', streamOf({ ...completed, type: 'image_edit.completed' })],
  ['the whole answer as one event', streamOf({ created: 1, data: [base64Entry] })],
  ['an answer to a chat', { choices: [{ message: { content: `![a](${uri})\n[save](${uri})` } }] }],
  ['an answer of Gemini', { candidates: [{ content: { parts: [{ inlineData: { data: base64 } }] } }] }],
  ['an error beside the picture', { data: [base64Entry], error: { message: 'A warning.' } }],
])('%s: the one picture is taken', async (_what, body) => {
  const text = JSON.stringify(body).replaceAll('PORT', new URL(loopback.url).port);
  const { pictures, warnings } = await madeOf(JSON.parse(text));
  expect(pictures.map((each) => Buffer.from(each))).toEqual([smallPng]);
  expect(warnings).toEqual([]);
});

test('a picture and nothing else is the picture', async () => {
  expect((await madeOf(smallPng)).pictures.map((each) => Buffer.from(each))).toEqual([smallPng]);
});

test('the tokens that a stream counted at its end are counted', async () => {
  expect((await madeOf(streamOf(draft, completed))).usage).toMatchObject({
    input_tokens: 5,
    output_tokens: 7,
  });
});

test('pictures by the thousand are not all read', async () => {
  const { pictures, warnings } = await madeOf(
    imagesReply(
      ...Array.from({ length: 1000 }, (_, index) => ({
        b64_json: Buffer.from([index & 255, 1]).toString('base64'),
      })),
    ).body,
  );
  expect(pictures).toHaveLength(16);
  expect(warnings).toEqual(['Of 1000 pictures, 984 could not be taken.']);
});
