import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitRequest, ratioValue } from '../../core/models/capabilities.ts';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { capabilitiesOf, isPictureModel, sizeOf } from './models.ts';
import { isFlexible } from './openai.fixture.ts';

type Asked = Parameters<typeof sizeOf>[0];
const ask = (
  model: string,
  aspectRatio: string,
  imageSize: Asked['imageSize'] = '1K',
  like?: [number, number],
) =>
  sizeOf({
    model,
    aspectRatio,
    imageSize,
    inputs:
      like === undefined ? [] : [{ bytes: Buffer.of(), contentType: '', width: like[0], height: like[1] }],
  });

const three = ['auto', '1024x1024', '1536x1024', '1024x1536'];

test.each([
  ['gpt-image-1.5', '1:1', '1K', '1024x1024'],
  ['gpt-image-1-mini', '3:2', '1K', '1536x1024'],
  ['chatgpt-image-latest', '2:3', '1K', '1024x1536'],
  ['gpt-image-1.5', 'auto', '1K', 'auto'],
  ['gpt-image-2', '1:1', '1K', '1024x1024'],
  ['gpt-image-2', '1:1', '2K', '2048x2048'],
  ['gpt-image-2', '1:1', '4K', '2880x2880'],
  ['gpt-image-2', '16:9', '4K', '3840x2160'],
  ['gpt-image-2', '9:16', '4K', '2160x3840'],
  ['gpt-image-2', '3:1', '1K', '1776x592'],
  ['gpt-image-2', '1:3', '4K', '1280x3840'],
  ['gpt-image-10-flare', '16:9', '1K', '1360x768'],
  ['gpt-image-2', 'auto', '1K', 'auto'],
  ['gpt-image-2', 'auto', '4K', '2880x2880'],
  ['openai/gpt-image-1.5', '3:2', '1K', '1536x1024'],
  ['flux.1-dev', '16:9', '1K', '1344x768'],
  ['flux.1-dev', 'auto', '1K', '1024x1024'],
  ['sd-1.5', '1:1', '512', '512x512'],
  ['sd-1.5', '8:1', '512', '1536x192'],
] as const)('%s is asked for the ratio %s at %s as %s', (model, ratio, size, expected) => {
  expect(ask(model, ratio, size)).toBe(expected);
});

test.each([
  ['gpt-image-1.5', [1200, 1600], '1024x1536'],
  ['gpt-image-2', [4000, 3000], '1168x880'],
  ['gpt-image-2', [10, 1000], '592x1776'],
  ['flux.1-dev', [3000, 4000], '896x1216'],
] as const)('for auto %s is asked for the ratio of the last input %j', (model, like, expected) => {
  expect(ask(model, 'auto', '1K', [...like])).toBe(expected);
});

test('a ratio wider than a model makes is fitted to the widest it does', () => {
  const wide = { model: 'gpt-image-2', aspectRatio: '1:8', imageSize: '512' } as const;
  const { request, warnings } = fitRequest<Pick<UpstreamRequest, keyof typeof wide>>(
    wide,
    capabilitiesOf('gpt-image-2'),
  );
  expect(request).toMatchObject({ aspectRatio: '1:3', imageSize: '1K' });
  expect(warnings).toHaveLength(2);
});

test.each([
  ['gpt-image-2.5-flare', 'max', 'max'],
  ['gpt-image-2', 'max', 'high'],
  ['openai/gpt-image-1.5', 'xhigh', 'high'],
  ['gpt-image-2.6-sunburst', 'low', 'low'],
  ['flux.1-dev', 'xhigh', 'xhigh'],
] as const)('%s, asked for the quality %s, is told %s', (model, quality, told) => {
  const asked = { model, aspectRatio: 'auto', imageSize: '1K', quality } as const;
  const { request, warnings } = fitRequest<Pick<UpstreamRequest, keyof typeof asked>>(
    asked,
    capabilitiesOf(model),
  );
  expect(request.quality).toBe(told);
  expect(warnings).toHaveLength(quality === told ? 0 : 1);
});

test('only the models of OpenAI count as such', () => {
  expect(['gpt-image-2', 'chatgpt-image-latest', 'gpt-5.4', 'dall-e-3'].map(isPictureModel)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

const models = ['gpt-image-1.5', 'gpt-image-2', 'gpt-image-3-new', 'flux.1-dev'];

test('whatever fits the capabilities of a model becomes a size that it takes, near the ratio and the class', () => {
  const side = fc.integer({ min: 1, max: 20_000 });
  fc.assert(
    fc.property(
      fc.constantFrom(...models).chain((model) => {
        const { ratios, sizes } = capabilitiesOf(model);
        const named = ratios === 'any' ? ['1:1', '1:8', '8:1', '5:7', '21:9'] : ratios;
        return fc.tuple(fc.constant(model), fc.constantFrom('auto', ...named), fc.constantFrom(...sizes));
      }),
      fc.option(fc.tuple(side, side), { nil: undefined }),
      ([model, ratio, size], like) => {
        const chosen = ask(model, ratio, size, like);
        if (model === 'gpt-image-1.5') expect(three).toContain(chosen);
        else if (model !== 'flux.1-dev') expect(isFlexible(chosen), chosen).toBe(true);
        else expect(chosen.split('x').map((each) => Number(each) % 64)).toEqual([0, 0]);
        if (ratio === 'auto' || model === 'gpt-image-1.5') return;
        const [width = 0, height = 0] = chosen.split('x').map(Number);
        const grid = model === 'flux.1-dev' ? 64 : 16;
        const off = Math.abs(Math.log(width / height / ratioValue(ratio)));
        expect(off).toBeLessThan((2 * grid) / Math.min(width, height));
      },
    ),
    { numRuns: 2000 },
  );
});
