import type { ModelData } from '@plantain/client';
import { expect, test } from 'vitest';
import {
  bodiesOf,
  choosableModels,
  chosenModel,
  emptyFields,
  fitted,
  obstaclesOf,
  randomSeed,
} from './fields.ts';

const lite: ModelData = {
  name: 'lite',
  aliases: [],
  aspect_ratios: ['1:1', '16:9'],
  image_sizes: ['1K'],
  max_inputs: 1,
  takes_seed: true,
};
const pro: ModelData = { ...lite, name: 'pro', image_sizes: ['1K', '2K'], aspect_ratios: ['1:1', '1:8'] };
const fields = { ...emptyFields, prompt: 'a cat' };
const inputs = [
  { id: 'a', name: 'a.png', link: 'https://example.com/a' },
  { id: 'b', name: 'b.png', link: 'https://example.com/b' },
];

test('a model that is not there any more gives way to the default one', () => {
  const models = { models: [lite, pro], default_model: 'pro' };
  expect(chosenModel(models, 'lite')).toBe(lite);
  expect(chosenModel(models, 'gone')).toBe(pro);
  expect(chosenModel({ ...models, default_model: 'gone' }, '')).toBe(lite);
});

test('a model that another stands in for is offered only to who has chosen it', () => {
  const gpt: ModelData = { ...lite, name: 'gpt', stand_in: 'pro' };
  const models = { models: [lite, gpt, pro], default_model: 'pro' };
  expect(choosableModels(models, pro)).toEqual([lite, pro]);
  expect(choosableModels(models, gpt)).toEqual([lite, gpt, pro]);
});

test('what a model can not do falls back to what it can', () => {
  const asked = { ...fields, model: 'pro', aspectRatio: '1:8', imageSize: '2K' };
  expect(fitted(asked, pro)).toEqual(asked);
  expect(fitted(asked, lite)).toEqual({ ...asked, model: 'lite', aspectRatio: 'auto', imageSize: '1K' });
});

test('several pictures are several requests, with seeds that follow one another', () => {
  expect(bodiesOf({ ...fields, model: 'lite', seed: ' 7 ', count: 2 }, inputs)).toEqual(
    [7, 8].map((seed) => ({
      prompt: 'a cat',
      model: 'lite',
      aspect_ratio: 'auto',
      image_size: '1K',
      seed,
      image_urls: ['https://example.com/a', 'https://example.com/b'],
    })),
  );
  expect(bodiesOf(fields, [])).toHaveLength(1);
  expect(bodiesOf(fields, [])[0]).not.toHaveProperty('seed');
});

test('without a seed of the person, each picture gets one of its own, where the model takes any', () => {
  const drawn = [11, 12];
  const seeds = bodiesOf({ ...fields, count: 2 }, [], () => drawn.shift() ?? 0).map(({ seed }) => seed);
  expect(seeds).toEqual([11, 12]);
  const many = Array.from({ length: 200 }, randomSeed);
  expect(new Set(many).size).toBe(200);
  expect(many.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
});

test('after the largest seed comes the smallest: no two requests are alike', () => {
  const seeds = bodiesOf({ ...fields, seed: '2147483646', count: 4 }, []).map(({ seed }) => seed);
  expect(seeds).toEqual([2147483646, 2147483647, -2147483648, -2147483647]);
});

test.each([
  [{ ...fields, prompt: ' \n' }, [], lite, ['noPrompt']],
  [{ ...fields, seed: '2147483648' }, [], lite, ['badSeed']],
  [{ ...fields, seed: '1.5' }, [], lite, ['badSeed']],
  [{ ...fields, seed: '-2147483648' }, [], lite, []],
  [fields, [{ id: 'c', name: 'c.png' }], lite, ['uploading']],
  [fields, [{ id: 'c', name: 'c.png', problem: 'It is no picture.' }], lite, ['refusedInput']],
  [fields, inputs, lite, ['tooManyInputs']],
  [fields, inputs, { ...lite, max_inputs: 0 }, ['noEdits']],
  [fields, inputs.slice(1), lite, []],
])('what stands in the way of a request is named (%#)', (given, pictures, model, expected) => {
  expect(obstaclesOf(given, pictures, model)).toEqual(expected);
});

test('a mask and a quality of the request that the form was filled from are sent on, the mask only with pictures', () => {
  const others = { mask: 'https://example.com/mask', quality: 'high' } as const;
  expect(bodiesOf({ ...fields, others }, inputs)).toMatchObject([others]);
  const [body] = bodiesOf({ ...fields, others }, []);
  expect(body).toMatchObject({ quality: 'high' });
  expect(body).not.toHaveProperty('mask');
});
