// The AI SDK's major before: what programs that stay with it do at the faces of Gemini and of OpenAI. The tests of these have the rest, with
// the newest.

import { APICallError, generateImage, generateText, type ModelMessage, NoImageGeneratedError } from 'ai-6';
import { createGoogleGenerativeAI } from 'google-3';
import { createOpenAICompatible } from 'openai-compatible-2';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { adminKey, startServer, type TestServer } from '../server.fixture.ts';

const gemini = 'gemini-nano-banana-2.1';
const model = 'nano-banana-2.1';
let server: TestServer;
let png: Uint8Array;
beforeAll(async () => {
  server = await startServer({ MAX_TRIES: '1' });
  const drawn = sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } });
  png = new Uint8Array(await drawn.png().toBuffer());
});

const google = (apiKey = adminKey) =>
  createGoogleGenerativeAI({ apiKey, baseURL: `${server.url}/gemini/v1beta` });
const plantain = (apiKey = adminKey) =>
  createOpenAICompatible({ name: 'plantain', apiKey, baseURL: `${server.url}/openai/v1` });
const shapeOf = ({ uint8Array }: { uint8Array: Uint8Array }) => sharp(uint8Array).metadata();
const asked = (text: string): ModelMessage[] => [
  {
    role: 'user',
    content: [
      { type: 'text', text },
      { type: 'file', data: png, mediaType: 'image/png' },
    ],
  },
];

test.each([
  ['Gemini', () => google().image(gemini)],
  ['OpenAI Images', () => plantain().imageModel(model)],
])('generateImage of ai 6 makes several pictures, and edits, by the face of %s', async (_, image) => {
  // Google's provider of that major refuses several of one call itself.
  const several = { n: 2, maxImagesPerCall: 1 };
  const { images } = await generateImage({ model: image(), prompt: 'a banana', ...several });
  expect(images).toHaveLength(2);
  expect(await shapeOf(images[0]!)).toMatchObject({ width: 1024, format: 'png' });
  const edited = await generateImage({ model: image(), prompt: { text: 'a hat', images: [png] } });
  expect(await shapeOf(edited.image)).toMatchObject({ format: 'png' });
});

test('generateImage of ai 6 has the ratio that it asks Gemini for, and no picture where the content is refused', async () => {
  const { image } = await generateImage({ model: google().image(gemini), prompt: 'x', aspectRatio: '16:9' });
  expect(await shapeOf(image)).toMatchObject({ width: 1376, height: 768 });
  const refused = generateImage({ model: google().image(gemini), prompt: '[[fail content_rejected]]' });
  await expect(refused).rejects.toSatisfy((error) => NoImageGeneratedError.isInstance(error));
});

test('generateText of ai 6 has the picture as a file from Gemini, and its link from chat completions', async () => {
  const { files } = await generateText({ model: google()(gemini), messages: asked('a hat') });
  expect(files).toMatchObject([{ mediaType: 'image/png' }]);
  const { text } = await generateText({ model: plantain().chatModel(model), messages: asked('a hat') });
  const [, link = ''] = /!\[image\]\((\S+)\)/.exec(text) ?? [];
  expect((await fetch(link)).headers.get('content-type')).toBe('image/png');
});

test('a bad key is an APICallError of ai 6, and is not tried again', async () => {
  const calls = [
    generateImage({ model: google('wrong').image(gemini), prompt: 'x' }),
    generateText({ model: plantain('wrong').chatModel(model), prompt: 'x' }),
  ];
  for (const call of calls)
    await expect(call).rejects.toSatisfy((error) => APICallError.isInstance(error) && !error.isRetryable);
});
