import sharp from 'sharp';
import { expect, test } from 'vitest';
import { makeUpstream, result } from './test-upstream.fixture.ts';
import { openStore } from './worker.fixture.ts';

/** A square picture. */
const square = (width: number) =>
  sharp({ create: { width, height: width, channels: 3, background: 'gold' } })
    .png()
    .toBuffer();

test('a picture that is not as it was asked for comes with a warning', async () => {
  const { worker, add, final } = openStore();
  const pictures = [await square(400), await square(401), await square(400), await square(1000)];
  worker(() => ({ ...result, pictures })).start();
  const { state, result: made } = await final(await add());
  expect(state).toBe('succeeded');
  expect(made?.warnings).toEqual(
    [400, 401].map((side) => `1K was asked for, and the upstream made a picture of ${side}x${side} pixels.`),
  );
});

test('what the model at this upstream can not make is not missed twice', async () => {
  const { worker, add, final } = openStore();
  const upstream = makeUpstream(async () => ({ ...result, pictures: [await square(512)] }), {
    capabilities: () => ({ ratios: 'any', sizes: ['512'], maxInputs: 0, seed: true }),
  });
  worker(() => result, { credentials: [{ label: 'key_1', upstream }] }).start();
  const { result: made } = await final(await add());
  expect(made?.warnings).toEqual(['test-1 does not make pictures of the size 1K; 512 was asked for.']);
});
