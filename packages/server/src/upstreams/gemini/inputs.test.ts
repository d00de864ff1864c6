import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Picture } from '../../core/upstream.ts';
import { smallPng, startGeminiLoopback } from './gemini-loopback.ts';
import type { GeminiLoopback } from './gemini-loopback.ts';
import { createGemini } from './gemini.ts';

const png = Buffer.from(smallPng, 'base64');

let loopback: GeminiLoopback;
beforeEach(async () => {
  loopback = await startGeminiLoopback();
});
afterEach(() => loopback.close());

/** The warnings of a task with these inputs. */
async function warningsFor(inputs: Picture[], signal = new AbortController().signal): Promise<string[]> {
  const { warnings } = await createGemini({ apiKey: 'configured-key-1', baseUrl: loopback.url }).start(
    { action: 'edit', model: 'm', prompt: 'a plantain', inputs, aspectRatio: 'auto', imageSize: '1K' },
    { attempt: 1, signal, onProgress: () => {} },
  );
  return warnings;
}

const pictureOf = (bytes: Uint8Array, contentType: string): Picture => ({
  bytes,
  contentType,
  width: 16,
  height: 16,
});

/** The pictures that Gemini was sent. */
function sent(): { mimeType: string; data: string }[] {
  const body = loopback.requests[0]?.body as { contents: { parts: { inlineData: never }[] }[] } | undefined;
  return (body?.contents ?? []).flatMap(({ parts }) => parts.slice(1).map(({ inlineData }) => inlineData));
}

test.each(['png', 'jpeg', 'webp', 'heic', 'heif'])('a picture of type %s is sent as it is', async (type) => {
  expect(await warningsFor([pictureOf(png, `image/${type}`)])).toEqual([]);
  expect(sent()).toEqual([{ mimeType: `image/${type}`, data: smallPng }]);
});

test.each(['gif', 'avif'] as const)(
  'a picture of type %s, which Gemini does not take, is sent as PNG',
  async (format) => {
    const bytes = await sharp(png).toFormat(format, { lossless: true }).toBuffer();
    expect(await warningsFor([pictureOf(png, 'image/png'), pictureOf(bytes, `image/${format}`)])).toEqual([]);
    const [first, second] = sent();
    expect(first).toEqual({ mimeType: 'image/png', data: smallPng });
    expect(second?.mimeType).toBe('image/png');
    const converted = sharp(Buffer.from(second?.data ?? '', 'base64'));
    expect(await converted.metadata()).toMatchObject({ format: 'png', width: 16, height: 16 });
    expect((await converted.stats()).dominant).toEqual((await sharp(png).stats()).dominant);
  },
);

test('of an animation the first frame is sent, and a warning says so', async () => {
  const frames = ['red', 'blue'].map((background) =>
    sharp({ create: { width: 16, height: 16, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  const bytes = await sharp(await Promise.all(frames), { join: { animated: true } })
    .gif()
    .toBuffer();
  expect(await warningsFor([pictureOf(bytes, 'image/gif')])).toEqual([
    'Input picture 1 is an animation; only its first frame was sent.',
  ]);
  const converted = sharp(Buffer.from(sent()[0]?.data ?? '', 'base64'));
  expect(await converted.metadata()).toMatchObject({ format: 'png', height: 16 });
  expect((await converted.stats()).channels.slice(0, 3).map(({ mean }) => mean)).toEqual([255, 0, 0]);
});

test('a picture that can not be decoded is the fault of the input, and nothing is sent', async () => {
  await expect(warningsFor([pictureOf(Buffer.from('GIF89a'), 'image/gif')])).rejects.toMatchObject({
    failure: {
      type: 'input_unreachable',
      retryable: false,
      message: expect.stringContaining('Input picture 1'),
    },
  });
  expect(loopback.requests).toEqual([]);
});

test("an abort during the conversion rejects with the signal's reason, and nothing is sent", async () => {
  const controller = new AbortController();
  const bytes = await sharp(png).gif().toBuffer();
  const warnings = warningsFor([pictureOf(bytes, 'image/gif')], controller.signal);
  const reason = new Error('the lease was lost');
  controller.abort(reason);
  await expect(warnings).rejects.toBe(reason);
  expect(loopback.requests).toEqual([]);
});
