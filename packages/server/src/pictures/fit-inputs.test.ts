import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import type { Picture } from '../core/upstreams/upstream.ts';
import { createDecodeGate, type DecodeGate } from './decoding.ts';
import { createInputFitter } from './fit-inputs.ts';

const context = { model: 'a-model', signal: new AbortController().signal };

/** A gate that counts. */
function counting(): DecodeGate & { passed: number } {
  const gate = createDecodeGate();
  const counted = {
    passed: 0,
    run: (async (picture, work) => {
      counted.passed += 1;
      return await gate.run(picture, work);
    }) satisfies DecodeGate['run'],
  };
  return counted;
}

function noise(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const raw = createHash('shake256', { outputLength: width * height * channels }).digest();
  return sharp(raw, { raw: { width, height, channels } });
}

async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { bytes: data, contentType: `image/${info.format}`, width: info.width, height: info.height };
}

const [png, clear, jpeg, webp] = await Promise.all([
  pictureOf(noise(120, 80).png()),
  pictureOf(noise(120, 80, 4).png()),
  pictureOf(noise(120, 80).jpeg({ quality: 100, chromaSubsampling: '4:4:4' })),
  pictureOf(noise(90, 60).webp({ lossless: true })),
]);

test('pictures within the limits are the very same ones, and nothing is decoded', async () => {
  const gate = counting();
  const pictures = [png, clear, jpeg];
  const total = pictures.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const fit = createInputFitter({ gate });
  for (const limits of [{}, { maxBytes: clear.bytes.length }, { maxTotalBytes: total }]) {
    const fitted = await fit(pictures, limits, context);
    expect(fitted.pictures).toBe(pictures);
    expect(fitted.warnings).toEqual([]);
  }
  expect(gate.passed).toBe(0);
});

test('what gives up being lossless before its size says so; the others stay', async () => {
  const fit = createInputFitter({ gate: createDecodeGate() });
  const { pictures, warnings } = await fit([jpeg, png], { maxBytes: png.bytes.length - 1 }, context);
  expect(pictures[0]).toBe(jpeg);
  expect(pictures[1]).toMatchObject({ contentType: 'image/jpeg', width: 120, height: 80 });
  const header = await sharp(pictures[1]?.bytes).metadata();
  expect(header).toMatchObject({ format: 'jpeg', width: 120, height: 80 });
  expect(warnings).toEqual([
    `image_urls[1] was encoded anew, with a little loss, for a-model, which takes ${png.bytes.length - 1} bytes of it at most.`,
  ]);
});

test('transparency is kept, at the cost of pixels', async () => {
  const fit = createInputFitter({ gate: createDecodeGate() });
  const { pictures, warnings } = await fit([clear], { maxBytes: 10_000 }, context);
  const [{ bytes, ...rest } = clear] = pictures;
  expect(bytes.length).toBeLessThanOrEqual(10_000);
  expect(rest.contentType).toBe('image/png');
  expect(await sharp(bytes).metadata()).toMatchObject({
    hasAlpha: true,
    width: rest.width,
    height: rest.height,
  });
  expect(warnings).toEqual([
    `image_urls[0] was scaled from 120x80 to ${rest.width}x${rest.height} for a-model, which takes 10000 bytes of it at most.`,
  ]);
});

test('a mask and the picture that it is for are scaled together, whichever has too many bytes', async () => {
  const fit = createInputFitter({ gate: createDecodeGate() });
  const empty = { channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } as const;
  const small = await pictureOf(sharp({ create: { width: 120, height: 80, ...empty } }).png());
  for (const [picture, mask] of [
    [jpeg, small],
    [clear, small],
    [await pictureOf(sharp({ create: { width: 120, height: 80, ...empty } }).png()), clear],
    [clear, png],
  ] as const) {
    const { pictures, warnings } = await fit(
      [picture, webp, { ...mask, role: 'mask' }],
      { maxBytes: 9_000 },
      context,
    );
    const [first, , last] = pictures;
    expect(last).toMatchObject({ role: 'mask', contentType: 'image/png' });
    expect([last?.width, last?.height]).toEqual([first?.width, first?.height]);
    expect(first?.width).toBeLessThan(120);
    expect(Math.max(...pictures.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(9_000);
    expect(warnings).toHaveLength(3);
  }
});

test('whatever the limits are, they are kept, and who has no more than an even share is left alone', async () => {
  const fit = createInputFitter({ gate: createDecodeGate() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(png, clear, jpeg, webp), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 2_000, max: 60_000 }),
      fc.integer({ min: 10_000, max: 120_000 }),
      async (inputs, maxBytes, maxTotalBytes) => {
        const { pictures, warnings } = await fit(inputs, { maxBytes, maxTotalBytes }, context);
        const sizes = pictures.map(({ bytes }) => bytes.length);
        expect(pictures.length).toBe(inputs.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxTotalBytes);
        expect(warnings.length).toBe(pictures.filter((picture, index) => picture !== inputs[index]).length);
        for (const [index, { bytes }] of inputs.entries())
          if (bytes.length <= Math.min(maxBytes, maxTotalBytes / inputs.length))
            expect(pictures[index]).toBe(inputs[index]);
      },
    ),
    { numRuns: 25 },
  );
});

test('the same pictures are fitted once for each limit, whatever model it is of', async () => {
  const gate = counting();
  const fit = createInputFitter({ gate });
  const pictures = [png];
  const limits = { maxBytes: png.bytes.length - 1 };
  const first = await fit(pictures, limits, context);
  const passed = gate.passed;
  const second = await fit(pictures, { ...limits }, { ...context, model: 'another' });
  expect(second.pictures).toEqual(first.pictures);
  expect(second.pictures[0]).toBe(first.pictures[0]);
  expect(second.warnings).toEqual([expect.stringContaining(' for another, which takes ')]);
  expect(gate.passed).toBe(passed);
  await fit(pictures, { maxBytes: 5_000 }, context);
  expect(gate.passed).toBeGreaterThan(passed);
});

test('an abort rejects with its reason, and leaves nothing half done', async () => {
  const held = Promise.withResolvers<void>();
  const gate: DecodeGate = { run: async (_, work) => held.promise.then(work) };
  const fit = createInputFitter({ gate });
  const stop = new AbortController();
  const pictures = [clear];
  const fitting = fit(pictures, { maxBytes: 10_000 }, { ...context, signal: stop.signal });
  const reason = new Error('the lease was lost');
  stop.abort(reason);
  await expect(fitting).rejects.toBe(reason);
  held.resolve();
  expect((await fit(pictures, { maxBytes: 10_000 }, context)).warnings).toHaveLength(1);
});
