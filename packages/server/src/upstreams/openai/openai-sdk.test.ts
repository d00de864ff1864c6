// Holds the loopback server and the adapter against OpenAI's own client, which knows the wire better than we do.

import OpenAI, { APIError, toFile } from 'openai';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { createOn, errorReply, openAiKey, readFields, startOpenAiLoopback } from './openai.fixture.ts';
import { smallPicture, smallPng } from '../png.fixture.ts';
import { contextOf } from '../faults.fixture.ts';
import type { OpenAiLoopback } from './openai.fixture.ts';

let loopback: OpenAiLoopback;
let client: OpenAI;
beforeEach(async () => {
  loopback = await startOpenAiLoopback();
  client = new OpenAI({ apiKey: openAiKey, baseURL: loopback.baseUrl, maxRetries: 0 });
});
afterEach(() => loopback.close());

const prompt = 'a plantain on a table';
const model = 'gpt-image-2.5-flare';

async function askWithAdapter(request: Partial<UpstreamRequest>) {
  await createOn(loopback).start(
    { action: 'generate', model, prompt, inputs: [], aspectRatio: '16:9', imageSize: '4K', ...request },
    contextOf(),
  );
}

/** Bodies that both sent: theirs first, then ours. */
async function bothBodies() {
  const [theirs, ours] = loopback.seenAt('start');
  expect(ours?.path).toBe(theirs?.path);
  expect(ours?.headers.authorization).toBe(theirs?.headers.authorization);
  return Promise.all([readFields(theirs!), readFields(ours!)]);
}

test("OpenAI's client gets its picture from the loopback server, and sends the body that the adapter sends", async () => {
  const answer = await client.images.generate({ model, prompt, size: '3840x2160' });
  expect(answer.data?.[0]?.b64_json).toBe(smallPng.toString('base64'));
  expect(answer.usage?.input_tokens_details.image_tokens).toBe(256);
  await askWithAdapter({});
  const [theirs, ours] = await bothBodies();
  expect(ours).toEqual(theirs);
});

test.each([1, 2])(
  "a form with pictures (%d) is the one that OpenAI's client sends, down to names and types",
  async (count) => {
    const file = () => toFile(smallPng, 'image-1.png', { type: 'image/png' });
    const image = count === 1 ? await file() : [await file(), await file()];
    const answer = await client.images.edit({ model, prompt, size: '1024x1024', image });
    expect(answer.data?.[0]?.b64_json).toBe(smallPng.toString('base64'));
    const inputs = Array.from({ length: count }, () => smallPicture);
    await askWithAdapter({ action: 'edit', inputs, aspectRatio: '1:1', imageSize: '1K' });
    const [theirs, ours] = await bothBodies();
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(ours).toMatchObject({ model, prompt, size: '1024x1024' });
    expect(await filesIn(ours)).toEqual(await filesIn(theirs));
    expect(await filesIn(ours)).toHaveLength(count);
  },
);

/** Type and bytes of the files in a form. */
async function filesIn(fields: Record<string, unknown>) {
  const files = [fields['image'] ?? fields['image[]']].flat() as File[];
  return Promise.all(files.map(async (file) => [file.type, Buffer.from(await file.arrayBuffer())]));
}

test("OpenAI's client takes an error of the loopback server for one of OpenAI's", async () => {
  loopback.answer(
    'start',
    errorReply(400, { message: 'Refused.', type: 'image_generation_user_error', code: 'moderation_blocked' }),
  );
  const error: unknown = await client.images
    .generate({ model, prompt, size: 'auto' })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 400, code: 'moderation_blocked' });
});
