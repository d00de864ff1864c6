import { expect, test } from 'vitest';
import { shippedModels, upstreamKinds } from './models.ts';
import { costMicroUsd } from './pricing.ts';
import { shippedPrices } from './shipped-prices.ts';

const served = shippedModels.flatMap(({ servedBy, sizes }) =>
  upstreamKinds
    .filter((kind) => kind !== 'nano-banana')
    .map((kind) => ({ kind, name: `${kind}/${servedBy[kind]}`, sizes })),
);

test.each(served)(
  'a picture by $name has a price in every size that can be asked for',
  ({ kind, name, sizes }) => {
    const usage =
      kind === 'openai'
        ? { input_tokens: 90, input_image_tokens: 40, output_tokens: 1_000, output_image_tokens: 1_000 }
        : undefined;
    for (const imageSize of sizes)
      expect(costMicroUsd(shippedPrices[name], { usage, pictures: 1, imageSize })).toBeGreaterThan(10_000);
  },
);

test('Gemini’s prices for a picture are those for the 1,120 tokens of one at 1K', () => {
  const gemini = Object.entries(shippedPrices).filter(([name]) => /^gemini\/gemini-(?:nano|3)/.test(name));
  expect(gemini).toHaveLength(4);
  for (const [, price] of gemini) {
    const usage = { output_tokens: 1_120, output_image_tokens: 1_120 };
    const byTokens = costMicroUsd(price, { usage, pictures: 1, imageSize: '1K' }) ?? 0;
    const byPicture = costMicroUsd(price, { usage: undefined, pictures: 1, imageSize: '1K' }) ?? 0;
    expect(Math.abs(byTokens - byPicture)).toBeLessThan(500);
  }
});
