import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Picture } from '../core/upstreams/upstream.ts';
import { openNanoBanana } from '../upstreams/nano-banana/nano-banana.fixture.ts';
import { createWorker } from './worker.ts';
import { result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

/** A picture that can't be compressed, with transparency, so that only scaling makes it smaller. */
async function noise(width: number, height: number): Promise<Picture> {
  const raw = createHash('shake256', { outputLength: width * height * 4 }).digest();
  const bytes = await sharp(raw, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return { bytes, contentType: 'image/png', width, height };
}

test('an upstream gets inputs as its model takes them, and the task says what was changed', async () => {
  const [large, small] = [await noise(3000, 2700), await noise(30, 20)];
  const harness = await openNanoBanana();
  const { worker, add, final } = openStore();
  const { dependencies } = worker(() => result, {
    credentials: [{ label: 'key_1', upstream: harness.create() }],
  });
  const fitting = createWorker(
    {
      ...dependencies,
      loadInputs: async () => ({ pictures: [small, large], warnings: ['One was an animation.'] }),
    },
    { concurrency: 1, leaseMs: 10_000, isShared: false },
  );
  try {
    fitting.start();
    const task = await final(await add());
    expect(task).toMatchObject({ state: 'succeeded' });
    const { image_urls: sent } = JSON.parse(harness.seen('start')[0]?.body.toString() ?? '') as {
      image_urls: string[];
    };
    const [same, scaled] = sent.map((uri) => Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'));
    expect(same).toEqual(small.bytes);
    const { width, height } = await sharp(scaled).metadata();
    expect(width / height).toBeCloseTo(3000 / 2700, 2);
    expect(scaled?.length).toBeLessThanOrEqual(30 * 2 ** 20);
    expect(scaled?.length).toBeGreaterThan(20 * 2 ** 20);
    expect(task.result?.warnings.slice(0, 2)).toEqual([
      'One was an animation.',
      `image_urls[1] was scaled from 3000x2700 to ${width}x${height} for test-1, which takes 31457280 bytes of it at most.`,
    ]);
  } finally {
    await fitting.stop(0);
    await harness.close();
  }
});
