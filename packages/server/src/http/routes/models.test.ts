import type { Envelope, ModelsData, NewKeyData } from '@plantain/client';
import { expect, test } from 'vitest';
import { adminKey, startServer } from '../server.fixture.ts';

test('the models are those that are served, with what a submit may ask of them', async () => {
  const server = await startServer({ DEFAULT_MODEL: 'gemini-3-pro-image' });
  const { status, body } = await server.call<Envelope<ModelsData>>('/api/models');
  expect(status).toBe(200);
  const { models, default_model } = body.data;
  expect(default_model).toBe('nano-banana-pro');
  for (const { name, aliases, aspect_ratios, image_sizes } of models) {
    expect(aliases.length).toBeGreaterThan(0);
    const submit = {
      prompt: 'x',
      model: aliases[0],
      aspect_ratio: aspect_ratios.at(-1),
      image_size: image_sizes.at(-1),
    };
    const { model, warnings } = await server.task(await server.submit(submit));
    expect({ model, warnings }).toEqual({ model: name, warnings: undefined });
  }
});

test('of a model that no upstream serves it is said which makes its pictures', async () => {
  const standIns = async (environment: Record<string, string>) => {
    const server = await startServer({ DEFAULT_MODEL: 'nano-banana-pro' }, { environment });
    const { body } = await server.call<Envelope<ModelsData>>('/api/models');
    return Object.fromEntries(body.data.models.map(({ name, stand_in }) => [name, stand_in]));
  };
  const [bySandbox, byOpenai] = [await standIns({}), await standIns({ OPENAI_API_KEY: 'sk-of-nobody' })];
  expect(bySandbox).toMatchObject({ 'gpt-image-2': 'nano-banana-pro', 'nano-banana': undefined });
  expect(byOpenai).toMatchObject({ 'gpt-image-2': undefined, 'nano-banana': undefined });
});

test('a seed is said to be taken where it reaches every upstream of the model', async () => {
  const taken = async (settings: Record<string, string>) => {
    const server = await startServer({}, { environment: settings });
    const { body } = await server.call<Envelope<ModelsData>>('/api/models');
    return new Set(body.data.models.map(({ takes_seed }) => takes_seed));
  };
  expect(await taken({})).toEqual(new Set([true]));
  expect(await taken({ REPLICATE_API_TOKEN: 'r8_x' })).toEqual(new Set([false]));
  expect(await taken({ GEMINI_API_KEY: 'x', REPLICATE_API_TOKEN: 'r8_x' })).toEqual(new Set([false]));
});

test('a key is shown the models that it may use, and what a picture costs its owner by size', async () => {
  const file =
    'prices: { sandbox/nano-banana-2.1: { picture: 0.04 } }\n' +
    'selling_prices: { nano-banana-2.1: { 1K: 0.05 } }';
  const server = await startServer({}, { file });
  const pricesFor = async (key = adminKey) => {
    const { body } = await server.call<Envelope<ModelsData>>('/api/models', { key });
    return Object.fromEntries(body.data.models.map((model) => [model.name, model.picture_micro_usd]));
  };
  const all = await pricesFor();
  expect(all['nano-banana-2.1']).toEqual({ '1K': 50_000, '2K': 40_000, '4K': 40_000 });
  expect(all['nano-banana']).toEqual({ '1K': 0 });
  const made = await server.post<Envelope<NewKeyData>>(
    { name: 'of one model', models: ['nano-banana'] },
    '/api/admin/keys',
  );
  expect(await pricesFor(made.body.data.secret)).toEqual({ 'nano-banana': { '1K': 0 } });
});

test('they are for those who have a key', async () => {
  const server = await startServer();
  expect((await server.call('/api/models', { key: null })).status).toBe(401);
});
