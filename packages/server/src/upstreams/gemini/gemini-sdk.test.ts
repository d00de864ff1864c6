// Holds the loopback server and the adapter against Google's own client, which knows the wire better than we do.

import { ApiError, GoogleGenAI } from '@google/genai';
import { expect, test } from 'vitest';
import { contextOf } from '../faults.fixture.ts';
import { smallPicture } from '../png.fixture.ts';
import { base64Png, errorReply, geminiKey, sentBodies, startGeminiLoopback } from './gemini.fixture.ts';
import { createGemini } from './gemini.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';

const model = 'gemini-nano-banana-2.1';
const prompt = 'a plantain on a table';

function clientOf(baseUrl: string, apiKey = geminiKey) {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
}

function askWithSdk(client: GoogleGenAI) {
  const inlineData = { mimeType: 'image/png', data: base64Png };
  return client.models.generateContent({
    model,
    contents: [{ role: 'user', parts: [{ text: prompt }, { inlineData }] }],
    config: {
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
      seed: 5,
      store: false,
    },
  });
}

test("Google's client gets its picture from the loopback server, and sends the body that the adapter sends", async () => {
  const loopback = await startGeminiLoopback();
  try {
    const answer = await askWithSdk(clientOf(loopback.url));
    expect(answer.candidates?.[0]?.content?.parts?.[1]?.inlineData?.data).toBe(base64Png);
    expect(answer.usageMetadata?.totalTokenCount).toBe(1687);

    await createGemini({ apiKey: geminiKey, baseUrl: loopback.url, fetchPublic: refuseToFetch }).start(
      {
        action: 'edit',
        model,
        prompt,
        inputs: [smallPicture],
        aspectRatio: '16:9',
        imageSize: '2K',
        seed: 5,
      },
      contextOf(),
    );
    const [theirs, ours] = loopback.seen;
    expect(theirs?.path).toBe(`/v1/models/${model}:generateContent`);
    expect(ours?.path).toBe(`/v1beta/models/${model}:generateContent`);
    const [theirBody, ourBody] = sentBodies(loopback);
    expect(ourBody).toEqual(theirBody);
    expect(ours?.headers['x-goog-api-key']).toBe(theirs?.headers['x-goog-api-key']);
  } finally {
    await loopback.close();
  }
});

test("Google's client lists a model where the adapter checks its key", async () => {
  const loopback = await startGeminiLoopback();
  try {
    const { page } = await clientOf(loopback.url).models.list({ config: { pageSize: 1 } });
    expect(page.map(({ name }) => name)).toEqual([`models/${model}`]);

    await createGemini({ apiKey: geminiKey, baseUrl: loopback.url, fetchPublic: refuseToFetch }).check(
      new AbortController().signal,
    );
    const [theirs, ours] = loopback.seen;
    expect(theirs).toMatchObject({ method: 'GET', path: '/v1/models?pageSize=1' });
    expect(ours).toMatchObject({ method: 'GET', path: '/v1beta/models?pageSize=1' });
  } finally {
    await loopback.close();
  }
});

test("Google's client takes an error of the loopback server for one of Google's", async () => {
  const loopback = await startGeminiLoopback(() =>
    errorReply(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.'),
  );
  try {
    for (const [key, status] of [
      [geminiKey, 429],
      ['another-key', 400],
    ] as const) {
      const error: unknown = await askWithSdk(clientOf(loopback.url, key)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ApiError);
      expect((error as ApiError).status).toBe(status);
    }
  } finally {
    await loopback.close();
  }
});
