import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createDecodeGate, maxPixelsOf, restrictDecoder } from './decoding.ts';

const jpeg = (pixels: number) => ({ contentType: 'image/jpeg', pixels });

test('no more work runs at once than may, in count and in pixels, and all of it runs in its order', async () => {
  const tasks = fc.array(fc.record({ pixels: fc.integer({ min: 1, max: 150 }), turns: fc.nat(3) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(tasks, fc.integer({ min: 1, max: 4 }), async (all, atOnce) => {
      const gate = createDecodeGate({ atOnce, pixels: 100 });
      const running = new Set<number>();
      const begun: number[] = [];
      const runs = all.map(({ pixels, turns }, index) =>
        gate.run(jpeg(pixels), async () => {
          running.add(index);
          begun.push(index);
          expect(running.size).toBeLessThanOrEqual(atOnce);
          const used = [...running].reduce((sum, each) => sum + (all[each]?.pixels ?? 0), 0);
          if (running.size > 1) expect(used).toBeLessThanOrEqual(100);
          for (let turn = 0; turn < turns; turn += 1) await nextTurn();
          running.delete(index);
          return index;
        }),
      );
      expect(await Promise.all(runs)).toEqual(all.map((_, index) => index));
      expect(begun).toEqual(all.map((_, index) => index));
    }),
    { numRuns: 100 },
  );
});

test('a failure leaves the place to the next, and small ones run beside a large one', async () => {
  const gate = createDecodeGate({ atOnce: 2, pixels: 100 });
  const reason = new Error('damaged');
  const failing = gate.run(jpeg(500), () => Promise.reject(reason));
  const next = gate.run(jpeg(90), () => gate.run(jpeg(10), () => Promise.resolve('both ran')));
  await expect(failing).rejects.toBe(reason);
  expect(await next).toBe('both ran');
});

test('owners take turns, whoever came first and with how much', async () => {
  const gate = createDecodeGate({ atOnce: 1 });
  const held = Promise.withResolvers<void>();
  const order: string[] = [];
  const ask = (owner: string | undefined, name: string) =>
    gate.run({ ...jpeg(10), owner }, () => Promise.resolve(order.push(name)));
  const first = gate.run(jpeg(1), () => held.promise);
  const others = ['a1', 'a2', 'a3', 'b1', 'a4', 'c1', 'b2', '1'].map((name) => ask(name.slice(0, -1), name));
  held.resolve();
  await Promise.all([first, ...others]);
  expect(order).toEqual(['a1', 'b1', 'c1', '1', 'a2', 'b2', 'a3', 'a4']);
});

test('a pixel of AVIF counts threefold', async () => {
  expect([maxPixelsOf('image/avif', 100), maxPixelsOf('image/webp', 100)]).toEqual([33, 100]);
  const gate = createDecodeGate({ atOnce: 2, pixels: 100 });
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = gate.run(jpeg(50), () => held.promise);
  const avif = gate.run({ contentType: 'image/avif', pixels: 20 }, () => Promise.resolve(order.push('avif')));
  await nextTurn();
  order.push('still waits');
  held.resolve();
  await Promise.all([first, avif]);
  expect(order).toEqual(['still waits', 'avif']);
});

test('a restricted decoder reads the types that are taken, and no others', async () => {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
  const types = ['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const;
  const files = await Promise.all(types.map((type) => picture.clone().toFormat(type).toBuffer()));
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
  expect((await sharp(svg).metadata()).format).toBe('svg');
  restrictDecoder();
  const found = await Promise.all(files.map(async (file) => (await sharp(file).metadata()).mediaType));
  expect(found).toEqual(types.map((type) => `image/${type}`));
  for (const disguise of ['', '\n', '\ufeff', 'GIF89a', 'RIFF0000WEBP'])
    for (const drawing of [Buffer.concat([Buffer.from(disguise), svg]), gzipSync(svg)])
      await expect(sharp(drawing).metadata()).rejects.toThrow(/unsupported image format|corrupt header/);
  const file = join(mkdtempSync(join(tmpdir(), 'plantain-decoding-')), 'drawing.svg');
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(file, svg);
  for (const path of [file, import.meta.filename])
    await expect(sharp(path).metadata()).rejects.toThrow(/unsupported/);
});
