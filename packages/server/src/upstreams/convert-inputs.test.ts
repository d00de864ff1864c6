import sharp from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { Picture } from '../core/upstream.ts';
import { convertInputs } from './convert-inputs.ts';

const taken: ReadonlySet<string> = new Set(['image/png', 'image/jpeg']);

function convert(inputs: Picture[], signal = new AbortController().signal) {
  return convertInputs(inputs, { taken, upstream: 'Tester', signal });
}

const plain = (background: string) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();

const pictureOf = (bytes: Uint8Array, contentType: string): Picture => ({
  bytes,
  contentType,
  width: 16,
  height: 16,
});

test('a picture of a type that is taken stays as it is, byte for byte, even where its bytes are none', async () => {
  const picture = pictureOf(Buffer.from('whatever'), 'image/jpeg');
  const { pictures, warnings } = await convert([picture]);
  expect(pictures[0]).toBe(picture);
  expect(warnings).toEqual([]);
});

test.each(['gif', 'avif', 'webp'] as const)('one of type %s becomes PNG, in its place', async (format) => {
  const bytes = await sharp(await plain('#f4d03f'))
    .toFormat(format, { lossless: true })
    .toBuffer();
  const first = pictureOf(await plain('red'), 'image/png');
  const { pictures, warnings } = await convert([first, pictureOf(bytes, `image/${format}`)]);
  expect(warnings).toEqual([]);
  expect(pictures[0]).toBe(first);
  expect(pictures[1]).toMatchObject({ contentType: 'image/png', width: 16, height: 16 });
  const converted = sharp(pictures[1]?.bytes);
  expect(await converted.metadata()).toMatchObject({ format: 'png', width: 16, height: 16 });
  expect((await converted.stats()).dominant).toEqual((await sharp(await plain('#f4d03f')).stats()).dominant);
});

test('of an animation the first frame is left, and a warning says so', async () => {
  const frames = await Promise.all(['red', 'blue'].map(plain));
  const bytes = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const { pictures, warnings } = await convert([pictureOf(bytes, 'image/gif')]);
  expect(warnings).toEqual(['Input picture 1 is an animation; only its first frame was sent.']);
  const converted = sharp(pictures[0]?.bytes);
  expect(await converted.metadata()).toMatchObject({ format: 'png', height: 16 });
  expect((await converted.stats()).channels.slice(0, 3).map(({ mean }) => mean)).toEqual([255, 0, 0]);
});

test('a picture that can not be decoded is the fault of the input, which is named by its number', async () => {
  const good = pictureOf(await plain('red'), 'image/png');
  const error: unknown = await convert([good, pictureOf(Buffer.from('GIF89a'), 'image/gif')]).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskError);
  expect((error as TaskError).failure).toEqual({
    type: 'input_unreachable',
    message: expect.stringMatching(/^Input picture 2 .* Tester takes/),
    retryable: false,
    upstreamReason: 'input not decodable',
  });
});

test("an abort before or during a conversion rejects with the signal's reason", async () => {
  const gif = pictureOf(
    await sharp(await plain('red'))
      .gif()
      .toBuffer(),
    'image/gif',
  );
  const reason = new Error('the lease was lost');
  await expect(convert([gif], AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const converted = convert([gif], controller.signal);
  controller.abort(reason);
  await expect(converted).rejects.toBe(reason);
});
