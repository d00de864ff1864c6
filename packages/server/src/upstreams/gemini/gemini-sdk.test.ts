// Holds the loopback server and the adapter against Google's own client, which knows the wire better than we do.

import { ApiError, GoogleGenAI } from '@google/genai';
import { expect, test } from 'vitest';
import { errorReply, smallPng, startGeminiLoopback } from './gemini-loopback.ts';
import { createGemini } from './gemini.ts';

const model = 'gemini-nano-banana-2.1';
const prompt = 'a plantain on a table';

function askWithSdk(baseUrl: string) {
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } });
  const inlineData = { mimeType: 'image/png', data: smallPng };
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
    const answer = await askWithSdk(loopback.url);
    expect(answer.candidates?.[0]?.content?.parts?.[1]?.inlineData?.data).toBe(smallPng);
    expect(answer.usageMetadata?.totalTokenCount).toBe(1429);

    const input = { bytes: Buffer.from(smallPng, 'base64'), contentType: 'image/png', width: 16, height: 16 };
    await createGemini({ apiKey: 'k', baseUrl: loopback.url }).start(
      { action: 'edit', model, prompt, inputs: [input], aspectRatio: '16:9', imageSize: '2K', seed: 5 },
      { attempt: 1, signal: new AbortController().signal, onProgress: () => {} },
    );
    const [theirs, ours] = loopback.requests;
    expect(theirs?.path).toBe(`/v1/models/${model}:generateContent`);
    expect(ours?.path).toBe(`/v1beta/models/${model}:generateContent`);
    expect(ours?.body).toEqual(theirs?.body);
    expect(ours?.headers['x-goog-api-key']).toBe(theirs?.headers['x-goog-api-key']);
  } finally {
    await loopback.close();
  }
});

test("Google's client takes an error of the loopback server for one of Google's", async () => {
  const respond = () => errorReply(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.');
  const loopback = await startGeminiLoopback({ respond });
  try {
    const error: unknown = await askWithSdk(loopback.url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(429);
  } finally {
    await loopback.close();
  }
});
