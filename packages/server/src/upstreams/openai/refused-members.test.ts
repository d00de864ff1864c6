import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { contextOf, failureOf, requestFor } from '../faults.fixture.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { base64Entry, createOn, errorReply, imagesReply, readFields } from './openai.fixture.ts';

let loopback: Loopback;
/** Gives the server's answer to a request with these members; `null` for a picture. */
let refuse: (fields: Record<string, unknown>) => Reply | null;
beforeEach(async () => {
  loopback = await startLoopback(async (seen) => refuse(await readFields(seen)) ?? imagesReply(base64Entry));
});
afterEach(() => loopback.close());

const create = () => createOn({ ...loopback, baseUrl: `${loopback.url}/v1` } as never);
const start = (upstream = create(), more: Partial<UpstreamRequest> = {}) =>
  upstream.start(requestFor('sdxl', more), contextOf());
const membersOf = async (seen: Seen) => Object.keys(await readFields(seen)).toSorted();
const sent = () => Promise.all(loopback.seen.map(membersOf));

const unknown = (param: string, more = {}) =>
  errorReply(400, {
    message: `Unknown parameter: '${param}'.`,
    type: 'invalid_request_error',
    code: 'unknown_parameter',
    param,
    ...more,
  });

test.each<[string, Reply]>([
  ["OpenAI's code", unknown('response_format')],
  ['a sentence', unknown('response_format', { code: null, param: null })],
  [
    "an older server's sentence",
    { status: 400, body: { error: 'Unrecognized request argument supplied: response_format' } },
  ],
  [
    "FastAPI's list",
    {
      status: 422,
      body: { detail: [{ loc: ['body', 'response_format'], msg: 'Extra inputs are not permitted' }] },
    },
  ],
  [
    'a status that speaks of a success',
    { body: { error: { code: 400, message: "response_format 'b64_json' is not supported" } } },
  ],
])(
  'a server that refuses response_format by %s is asked once more without it, and from then on',
  async (_, reply) => {
    refuse = ({ response_format: format }) => (format === undefined ? null : reply);
    const upstream = create();
    expect(await start(upstream)).toMatchObject({ pictures: [smallPng], warnings: [] });
    await start(upstream, { action: 'edit', inputs: [smallPicture] });
    expect(await sent()).toEqual([
      ['model', 'prompt', 'response_format', 'size'],
      ['model', 'prompt', 'size'],
      ['image', 'model', 'prompt', 'size'],
    ]);
  },
);

test.each<[string, Reply]>([
  ['by its code', unknown('size')],
  ['in a sentence', { status: 400, body: { error: 'Argument not supported: size' } }],
])('a server that takes no size (%s) is asked without one, and the task is warned', async (_, reply) => {
  refuse = ({ size, response_format: format }) =>
    size === undefined && format === undefined
      ? null
      : size === undefined
        ? unknown('response_format')
        : reply;
  const upstream = create();
  for (let time = 0; time < 2; time += 1)
    expect(await start(upstream)).toMatchObject({
      pictures: [smallPng],
      warnings: ['The upstream takes no size, so the picture has the one that its model chose.'],
    });
  expect(loopback.seen).toHaveLength(4);
});

test.each(['quality', 'background', 'moderation'] as const)(
  'a server that does not know %s is asked without it, and the task is warned',
  async (name) => {
    refuse = (fields) => (fields[name] === undefined ? null : unknown(name));
    const upstream = create();
    const options = { quality: 'high', background: 'transparent', moderation: 'low' } as const;
    for (let time = 0; time < 2; time += 1)
      expect(await start(upstream, options)).toMatchObject({
        pictures: [smallPng],
        warnings: [`The upstream takes no ${name}, so it was left out.`],
      });
    expect(await start(upstream)).toMatchObject({ warnings: [] });
    expect(loopback.seen).toHaveLength(4);
  },
);

test.each([
  {
    param: 'stream',
    code: 'unsupported_value',
    message: 'Your organization must be verified to stream this model.',
  },
  { param: 'partial_images', code: 'unknown_parameter', message: "Unknown parameter: 'partial_images'." },
  { param: null, code: null, message: 'Streaming is not supported for images.' },
])('a server that streams no partial images, as "$message" says, is asked without', async (error) => {
  const refusal = errorReply(400, { type: 'invalid_request_error', ...error });
  refuse = ({ stream }) => (stream === undefined ? null : refusal);
  const upstream = create();
  for (let time = 0; time < 2; time += 1)
    expect(await start(upstream, { partialImages: 2 })).toMatchObject({
      pictures: [smallPng],
      warnings: ['The upstream streams no partial images, so none came.'],
    });
  expect(await sent()).toEqual([
    ['model', 'partial_images', 'prompt', 'response_format', 'size', 'stream'],
    ['model', 'prompt', 'response_format', 'size'],
    ['model', 'prompt', 'response_format', 'size'],
  ]);
});

test.each<[string, Reply]>([
  ['by the prompt', errorReply(400, { message: "Your prompt 'PROMPT' was rejected.", type: 'x' })],
  ['by a word', errorReply(400, { message: 'The prompt shows a stream and was rejected.', type: 'x' })],
  ['for another member', errorReply(400, { message: 'A stream has no seed.', type: 'x', param: 'seed' })],
  [
    'for what it has made',
    {
      status: 400,
      body: {
        error: { message: 'x', param: 'stream', moderation_details: { moderation_stage: 'output' } },
      },
    },
  ],
])('a request that is refused %s was not refused for its stream', async (_, reply) => {
  const prompt = 'streaming is not supported';
  const quoted = JSON.parse(JSON.stringify(reply).replace('PROMPT', prompt)) as Reply;
  refuse = ({ stream }) => (stream === undefined ? null : quoted);
  const upstream = create();
  await failureOf(
    upstream.start(requestFor('sdxl', { prompt, partialImages: 2 }), { ...contextOf(), prompt }),
  );
  expect(loopback.seen).toHaveLength(1);
});

test('a refusal of this stream alone holds for no other request', async () => {
  const type = 'invalid_request_error';
  const message = 'Streaming is only supported with one image.';
  refuse = ({ stream }) =>
    stream === undefined ? null : errorReply(400, { message, type, param: 'stream' });
  const upstream = create();
  expect(await start(upstream, { partialImages: 2 })).toMatchObject({
    pictures: [smallPng],
    warnings: ['The upstream streams no partial images, so none came.'],
  });
  refuse = () => null;
  expect(await start(upstream, { partialImages: 2 })).toMatchObject({ warnings: [] });
  expect(await membersOf(loopback.seen.at(-1)!)).toContain('stream');
});

test('a server that knows no mask is not asked without it', async () => {
  refuse = ({ mask }) => (mask === undefined ? null : unknown('mask'));
  const edit = { action: 'edit', inputs: [smallPicture], mask: smallPicture } as const;
  const { type } = await failureOf(start(create(), { ...edit, inputs: [...edit.inputs] }));
  expect(type).toBe('upstream_bad_request');
  expect(loopback.seen).toHaveLength(1);
});

test.each<[string, Reply]>([
  [
    'a size that it does not make',
    unknown('size', {
      code: 'invalid_value',
      message: "Invalid size '1024x1024'. Supported sizes are 512x512.",
    }),
  ],
  ['a member that has to be there', unknown('prompt')],
  ['everything', errorReply(400, { message: 'No.', type: 'invalid_request_error' })],
  ['the key', errorReply(401, { message: 'response_format', type: 'invalid_request_error' })],
])('a server that refuses %s is not asked again', async (_, reply) => {
  refuse = () => reply;
  const { type } = await failureOf(start());
  expect(type).toMatch(/^upstream_(?:bad_request|auth)$/);
  expect(loopback.seen).toHaveLength(1);
});

test('a server that refuses a member although it was not sent is not asked without end', async () => {
  refuse = () => unknown('response_format');
  expect(await failureOf(start())).toMatchObject({ type: 'upstream_bad_request', retryable: false });
  expect(loopback.seen).toHaveLength(2);
});

test('requests that are refused at the same time are each made once more', async () => {
  refuse = ({ response_format: format }) => (format === undefined ? null : unknown('response_format'));
  const upstream = create();
  const made = await Promise.all([start(upstream), start(upstream)]);
  for (const result of made) expect(result).toMatchObject({ pictures: [smallPng] });
});

test('a model of OpenAI, to which no format is sent, is not sent anything twice', async () => {
  refuse = () => unknown('response_format');
  await failureOf(create().start(requestFor('gpt-image-2'), contextOf()));
  expect(loopback.seen).toHaveLength(1);
});
