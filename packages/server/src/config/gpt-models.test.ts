import { expect, test } from 'vitest';
import { servedModels } from '../composition/upstreams.ts';
import { gptModels } from '../core/models/gpt-models.ts';
import { createModelTable } from '../core/models/models.ts';
import { shippedPriceOf } from '../core/models/shipped-prices.ts';
import { parseConfig } from './parse-config.ts';

function resolve(environment: Record<string, string>, text = '') {
  const { config } = parseConfig(environment, { name: 'plantain.yaml', text });
  const { routes, models } = config.resolved;
  const route = (model: string) =>
    routes.get(model)?.map(({ upstreamName, upstreamModel }) => `${upstreamName}: ${upstreamModel}`);
  const standIn = (name: string) => {
    const model = models.find((each) => each.name === name);
    return model !== undefined && 'standIn' in model ? model.standIn : undefined;
  };
  return { config, models, route, standIn };
}

test('OpenAI’s models are served by every upstream of its kind, and by no other', () => {
  const text = 'upstreams: { second: { kind: openai, base_url: "http://localai/v1" } }';
  const { route, standIn } = resolve({ OPENAI_API_KEY: 'k', GEMINI_API_KEY: 'g' }, text);
  expect(route('gpt-image-2')).toEqual(['second: gpt-image-2', 'openai: gpt-image-2']);
  expect(route('gpt-image-2.6-sunburst')).toEqual([
    'second: gpt-image-2.6-sunburst',
    'openai: gpt-image-2.6-sunburst',
  ]);
  expect(standIn('gpt-image-2')).toBeUndefined();
});

test.each(['gpt-image-1', 'gpt-image-1-mini', 'gpt-image-1.5', 'chatgpt-image-latest'])(
  '%s, which OpenAI shuts down, is served by a successor whose price is known',
  (name) => {
    expect(resolve({ OPENAI_API_KEY: 'k' }).route(name)).toEqual(['openai: gpt-image-2.6-flare']);
    expect(shippedPriceOf('openai', 'gpt-image-2.6-flare')).toEqual(shippedPriceOf('openai', 'gpt-image-2'));
  },
);

test.each([
  [{ GEMINI_API_KEY: 'g' }, '', 'nano-banana-2.1', ['gemini: gemini-nano-banana-2.1']],
  [{}, '', 'nano-banana-2.1', ['sandbox: nano-banana-2.1']],
  [{ PLANTAIN_DEFAULT_MODEL: 'gemini-3-pro-image' }, '', 'nano-banana-pro', ['sandbox: nano-banana-pro']],
  [{ PLANTAIN_DEFAULT_MODEL: 'gpt-image-2' }, '', 'nano-banana-2.1', ['sandbox: nano-banana-2.1']],
  [
    { PLANTAIN_DEFAULT_MODEL: 'Own', FAL_KEY: 'f' },
    'routes: { own: [{ upstream: fal, model: a/b }] }',
    'own',
    ['fal: a/b'],
  ],
])('without such an upstream the default model of %j stands in', (environment, text, model, places) => {
  const { route, standIn } = resolve(environment, text);
  for (const { name } of gptModels) {
    expect(standIn(name)).toBe(model);
    expect(route(name)).toEqual(places);
  }
});

test.each(['gpt-image-2', 'GPT-Image-2', 'gpt-image-2-2026-04-21', 'openai/gpt-image-2'])(
  'a route that the operator gave to %s before is a model of theirs as it was',
  (name) => {
    const { config, models, route } = resolve(
      { FAL_KEY: 'f' },
      `routes: { "${name}": [{ upstream: fal, model: a/b }] }`,
    );
    expect(route(name)).toEqual(['fal: a/b']);
    expect(models).toContainEqual({ name, custom: true });
    const aliases = models.flatMap((model) => ('aliases' in model ? model.aliases : []));
    const taken = [...models.map((model) => model.name), ...aliases];
    expect(new Set(taken.map((each) => each.toLowerCase())).size).toBe(taken.length);
    expect(createModelTable(servedModels(config, [])).find(name)?.name).toBe(name);
  },
);

test('a route of one of the names needs no model at an upstream of OpenAI’s kind', () => {
  const { route } = resolve(
    { OPENAI_API_KEY: 'k' },
    'routes: { gpt-image-2: [{ upstream: openai, weight: 1 }] }',
  );
  expect(route('gpt-image-2')).toEqual(['openai: gpt-image-2']);
});

test('A name of OpenAI sells at the price of the model that stands in for it, at each size that has no price of its own', () => {
  const prices = 'selling_prices: { nano-banana-2.1: { 1K: 0.05, 2K: 0.08 }, gpt-image-2: { 1K: 0.2 } }';
  const sold = resolve({}, prices).config.resolved.sellingPriceOf;
  expect([sold('gpt-image-2', '1K'), sold('gpt-image-2', '2K'), sold('gpt-image-1', '1K')]).toEqual([
    0.2, 0.08, 0.05,
  ]);
  expect(sold('gpt-image-2', '4K')).toBeUndefined();

  const served = resolve({ OPENAI_API_KEY: 'k' }, prices).config.resolved.sellingPriceOf;
  expect([served('gpt-image-2', '1K'), served('gpt-image-2', '2K')]).toEqual([0.2, undefined]);
});
