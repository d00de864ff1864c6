import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import type { Picture, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { ratios, dimensionsOf } from './dimensions.ts';
import { drawPictures } from './draw.ts';

const small: UpstreamRequest = {
  action: 'generate',
  model: 'nano-banana-2',
  prompt: 'a cat in a hat',
  inputs: [],
  aspectRatio: '1:1',
  imageSize: '512',
};

async function draw(request: UpstreamRequest, images = 1): Promise<Uint8Array[]> {
  return await drawPictures(request, { images, signal: new AbortController().signal, onProgress: () => {} });
}

async function drawOne(change: Partial<UpstreamRequest>): Promise<Uint8Array> {
  const [picture] = await draw({ ...small, ...change });
  return picture ?? new Uint8Array();
}

type Colour = readonly [number, number, number];

async function flatPicture(
  [r, g, b]: Colour,
  size = { width: 300, height: 200 },
  change: (image: Sharp) => Sharp = (image) => image.png(),
): Promise<Picture> {
  const bytes = await change(sharp({ create: { ...size, channels: 3, background: { r, g, b } } })).toBuffer();
  return { bytes, contentType: 'image/png', ...size };
}

/** The share of a picture's pixels that are at most 36 off the colour in each channel, which is all that the tint can move them. */
async function shareOf([r, g, b]: Colour, picture: Uint8Array): Promise<number> {
  const pixels = await sharp(picture).resize({ width: 256, kernel: 'nearest' }).raw().toBuffer();
  let near = 0;
  for (let at = 0; at < pixels.length; at += 3)
    if (
      Math.abs((pixels[at] ?? 0) - r) <= 36 &&
      Math.abs((pixels[at + 1] ?? 0) - g) <= 36 &&
      Math.abs((pixels[at + 2] ?? 0) - b) <= 36
    )
      near++;
  return near / (pixels.length / 3);
}

describe('size', () => {
  const cases = [
    ...ratios.map((ratio) => [ratio, '512'] as const),
    ['1:1', '1K'],
    ['16:9', '1K'],
    ['16:9', '2K'],
    ['1:1', '4K'],
  ] as const;

  test.each(cases)(
    '%s at %s is an opaque PNG of exactly those dimensions',
    async (aspectRatio, imageSize) => {
      const { format, width, height, hasAlpha, channels } = await sharp(
        await drawOne({ aspectRatio, imageSize }),
      ).metadata();
      expect({ format, width, height, hasAlpha, channels }).toEqual({
        format: 'png',
        ...dimensionsOf(aspectRatio, imageSize),
        hasAlpha: false,
        channels: 3,
      });
    },
  );

  test('a picture of several is that with its number', async () => {
    const [, second] = await draw(small, 2);
    expect(await drawOne({ index: 2 })).toEqual(second);
  });

  test('auto follows the last input', async () => {
    const inputs = [await flatPicture([9, 9, 9]), await flatPicture([9, 9, 9], { width: 90, height: 160 })];
    const { width, height } = await sharp(await drawOne({ inputs, aspectRatio: 'auto' })).metadata();
    expect({ width, height }).toEqual(dimensionsOf('9:16', '512'));
  });

  test('a picture at 1K is smaller than 300 kB', async () => {
    expect((await drawOne({ imageSize: '1K' })).length).toBeLessThan(300_000);
  });
});

describe('determinism', () => {
  test('the same request gives the same bytes', async () => {
    const inputs = [await flatPicture([200, 30, 40])];
    expect(await drawOne({ inputs })).toEqual(await drawOne({ inputs }));
  });

  test('each member of the request and each byte of the inputs changes the picture', async () => {
    const input = await flatPicture([200, 30, 40]);
    const other = await flatPicture([200, 30, 41]);
    const changes: Partial<UpstreamRequest>[] = [
      {},
      { prompt: 'a cat in a hat ' },
      { prompt: 'a cat in a hat [[delay 1ms]]' },
      { model: 'nano-banana-pro' },
      { seed: 1 },
      { seed: 2 },
      { action: 'edit' },
      { aspectRatio: 'auto' },
      { inputs: [input] },
      { inputs: [other] },
      { inputs: [input, other] },
      { inputs: [other, input] },
    ];
    const pictures = await Promise.all(changes.map(drawOne));
    expect(new Set(pictures.map((picture) => Buffer.from(picture).toString('base64'))).size).toBe(
      changes.length,
    );
  });

  test('different prompts give pictures that look different', async () => {
    const prompts = ['a cat', 'a dog', 'a cat ', 'A cat', 'cats', 'a bird', 'a boat', 'a tree'];
    const thumbnails = await Promise.all(
      prompts.map(
        async (prompt) =>
          await sharp(await drawOne({ prompt }))
            .resize(32, 32)
            .raw()
            .toBuffer(),
      ),
    );
    for (const [index, one] of thumbnails.entries())
      for (const other of thumbnails.slice(index + 1)) {
        const difference =
          one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;
        expect(difference).toBeGreaterThan(15);
      }
  });

  test('several pictures of one request differ, and the first is the same as if it were alone', async () => {
    const [first, second, third, ...more] = await draw(small, 3);
    expect(more).toEqual([]);
    expect(first).not.toEqual(second);
    expect(second).not.toEqual(third);
    expect(first).toEqual(await drawOne({}));
  });
});

describe('the band', () => {
  test.each([
    ['512', 4],
    ['1K', 6],
    ['4K', 24],
  ] as const)('at %s the heading is drawn in sharp blocks of %i pixels', async (imageSize, side) => {
    const { data, info } = await sharp(await drawOne({ imageSize }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    // The first letter is a P: its left stem is seven blocks high and one wide, in the heading's yellow.
    const yellow = (x: number, y: number): boolean =>
      data
        .subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)
        .equals(Buffer.from([255, 210, 63]));
    const column = side * 3 + Math.floor(side / 2);
    const rows = Array.from({ length: info.height }, (_, y) => y).filter((y) => yellow(column, y));
    const rule = side / 2;
    expect(rows).toHaveLength(rule + 7 * side);
    const stemTop = rows[rule] ?? 0;
    expect([side * 3 - 1, side * 3, side * 4 - 1].map((x) => yellow(x, stemTop + side))).toEqual([
      false,
      true,
      true,
    ]);
    expect(yellow(side * 4, stemTop + side)).toBe(false);
  });
});

describe('inputs', () => {
  const colours: Colour[] = [
    [220, 20, 30],
    [20, 200, 40],
    [30, 40, 220],
  ];

  test('each of several inputs is seen in the result', async () => {
    const inputs = await Promise.all(colours.map((colour) => flatPicture(colour)));
    const picture = await drawOne({ action: 'edit', inputs });
    for (const colour of colours) expect(await shareOf(colour, picture)).toBeGreaterThan(0.08);
  });

  test('a single input takes most of a picture of its own ratio', async () => {
    const inputs = [await flatPicture([220, 20, 30])];
    for (const imageSize of ['512', '2K', '4K'] as const)
      expect(
        await shareOf([220, 20, 30], await drawOne({ inputs, aspectRatio: 'auto', imageSize })),
      ).toBeGreaterThan(0.5);
  });

  test('the tint of an input follows from the request', async () => {
    const inputs = [await flatPicture([128, 128, 128])];
    const middles = await Promise.all(
      ['a cat', 'a dog', 'a bird'].map(async (prompt) => {
        const picture = sharp(await drawOne({ inputs, prompt }));
        return (
          await picture.extract({ left: 250, top: 200, width: 1, height: 1 }).raw().toBuffer()
        ).toString('hex');
      }),
    );
    expect(new Set([...middles, '808080']).size).toBe(4);
  });

  test('fourteen inputs fit, even in the narrowest picture', async () => {
    const inputs = await Promise.all(
      Array.from({ length: 14 }, (_, index) => flatPicture([255, 10 * index, 255 - 10 * index])),
    );
    for (const aspectRatio of ['1:8', '8:1']) {
      const picture = await drawOne({ action: 'edit', inputs, aspectRatio });
      expect(await shareOf([255, 0, 255], picture)).toBeGreaterThan(0.01);
      expect(await shareOf([255, 130, 125], picture)).toBeGreaterThan(0.01);
    }
  });

  test.each([
    ['grey', (image: Sharp) => image.toColourspace('b-w').png(), [110, 110, 110]],
    ['CMYK', (image: Sharp) => image.toColourspace('cmyk').jpeg(), [110, 110, 110]],
    ['16-bit', (image: Sharp) => image.toColourspace('rgb16').png(), [110, 110, 110]],
    ['transparent', (image: Sharp) => image.ensureAlpha(0).png(), [255, 255, 255]],
    ['paletted', (image: Sharp) => image.png({ palette: true }), [110, 110, 110]],
  ] as const)('a %s input is taken', async (_, change, seen) => {
    const inputs = [await flatPicture([110, 110, 110], { width: 200, height: 200 }, change)];
    expect(await shareOf(seen, await drawOne({ inputs }))).toBeGreaterThan(0.5);
  });

  test('an input that its camera held sideways is turned upright', async () => {
    const halves = await sharp({ create: { width: 100, height: 200, channels: 3, background: '#fff' } })
      .composite([
        { input: { create: { width: 100, height: 100, channels: 3, background: '#000' } }, gravity: 'north' },
      ])
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const input = { bytes: halves, contentType: 'image/png', width: 200, height: 100 };
    const { data, info } = await sharp(await drawOne({ inputs: [input], aspectRatio: '1:1' }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const middle = Math.round(info.height * 0.42) * info.width;
    expect(data.readUInt8((middle + info.width * 0.25) * 3)).toBeGreaterThan(200);
    expect(data.readUInt8((middle + info.width * 0.75) * 3)).toBeLessThan(50);
  });

  test('a damaged input is input_unreachable and says which one', async () => {
    const whole = await flatPicture([1, 2, 3], { width: 400, height: 400 }, (image) => image.jpeg());
    const damaged = { ...whole, bytes: whole.bytes.subarray(0, 200) };
    const failure = await draw({ ...small, inputs: [whole, damaged] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TaskError);
    expect((failure as TaskError).failure).toMatchObject({ type: 'input_unreachable', retryable: false });
    expect((failure as TaskError).message).toContain('Input picture 2');
  });
});

test('an abort between two pictures ends the drawing with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const seen: number[] = [];
  const drawing = drawPictures(small, {
    images: 10,
    signal: controller.signal,
    onProgress: (progress) => {
      seen.push(progress);
      if (progress === 0.2) controller.abort(reason);
    },
  });
  await expect(drawing).rejects.toBe(reason);
  expect(seen).toEqual([0.1, 0.2]);
});
