import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientNames } from './client-names.ts';
import { gptModels } from './gpt-models.ts';
import { createModelTable, type Model, shippedModels } from './models.ts';

const own: Model = { name: 'sdxl-4k', aliases: [], sizes: ['1K'], ratios: ['1:1'], maxInputs: 0 };
const models = createModelTable<Model>([...shippedModels, ...gptModels, own]);
const found = (name: string) => {
  const named = models.findNamed(name);
  return named && [named.model.name, named.imageSize];
};

test.each([
  ['nano-banana-hd', 'nano-banana', '4K'],
  ['nano-banana-2-2k', 'nano-banana-2', '2K'],
  ['nano-banana-2-4k', 'nano-banana-2', '4K'],
  ['nano-banana-2-1k', 'nano-banana-2', '1K'],
  ['nano-banana-2-512', 'nano-banana-2', '512'],
  ['nano-banana-pro-4k', 'nano-banana-pro', '4K'],
  [' Nano-Banana-Pro_4K ', 'nano-banana-pro', '4K'],
  ['nano-banana-2.1:2K', 'nano-banana-2.1', '2K'],
  ['gemini-3-pro-image-preview-2k', 'nano-banana-pro', '2K'],
  ['gemini-3.1-flash-image-4k', 'nano-banana-2', '4K'],
  ['gpt-image-2-4k', 'gpt-image-2', '4K'],
  ['gpt-image-2', 'gpt-image-2', undefined],
  ['google/nano-banana', 'nano-banana', undefined],
  ['google/gemini-3-pro-image-preview', 'nano-banana-pro', undefined],
  ['Google/Nano-Banana-Pro-4K', 'nano-banana-pro', '4K'],
  ['models/gemini-3-pro-image', 'nano-banana-pro', undefined],
  ['gemini/gemini-2.5-flash-image', 'nano-banana', undefined],
  ['fal-ai/nano-banana-2', 'nano-banana-2', undefined],
  ['openai/gpt-image-2-4k', 'gpt-image-2', '4K'],
  ['nano_banana_2', 'nano-banana-2', undefined],
  ['nano_banana_pro_2k', 'nano-banana-pro', '2K'],
  ['Nano Banana Pro', 'nano-banana-pro', undefined],
  ['nano-banana-2', 'nano-banana-2', undefined],
  ['sdxl-4k', 'sdxl-4k', undefined],
])('%j is the model %s at the size %s', (name, model, size) => {
  expect(found(name)).toEqual([model, size]);
});

test.each([
  '4k',
  '-4k',
  'sdxl-4k-4k-4k',
  'nano-banana-8k',
  'nano-bananahd',
  'nano-banana-hd-',
  'dall-e-3',
  'google/',
  'google/google/nano-banana',
  'acme/nano-banana',
  'nano banana pro max',
  '',
])('%j is no model', (name) => {
  expect(found(name)).toBeUndefined();
});

test('a model that an operator called so goes before what its name would mean without its vendor', () => {
  const theirs = { ...own, name: 'google/nano-banana-pro' };
  const table = createModelTable<Model>([...shippedModels, theirs]);
  expect(table.findNamed('google/nano-banana-pro')?.model).toBe(theirs);
  expect(table.find('models/nano-banana-pro')).toBeUndefined();
});

test('whatever stands before a size has to be a model', () => {
  const names = new Set(models.all.flatMap(({ name, aliases }) => [name, ...aliases]));
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom(...names)),
      fc.constantFrom('-', '_', ':', '@', '/', ' '),
      fc.constantFrom('1k', '2K', '4k', 'hd', '512'),
      (base, sign, size) => {
        const named = models.findNamed(`${base}${sign}${size}`);
        expect(named !== undefined).toBe(models.find(base) !== undefined);
      },
    ),
  );
});

test('names of the settings go before all others, and shipped ones behind the models’ own', () => {
  const [one, other] = shippedModels;
  if (one === undefined || other === undefined) throw new Error('There are two.');
  const dallE = { ...own, name: 'dall-e-3' };
  const table = createModelTable<Model>([one, other, dallE], {
    set: { 'Gemini-2.5-flash-image': other.name },
    shipped: { 'dall-e-3': one.name, 'fal-ai/nano-banana/edit': one.name },
  });
  const asked = ['gemini-2.5-flash-image', 'DALL-E-3', 'fal-ai/nano-banana/edit', 'dall-e-3-4k', 'none'];
  expect(asked.map((name) => table.findNamed(name)?.model)).toEqual([other, dallE, one, dallE, undefined]);
  // By `find` a stored task finds its model, whatever the settings say by now.
  expect(table.find('gemini-2.5-flash-image')).toBe(one);
});

test('every shipped name leads to a model that is there, and is no name of one', () => {
  const all = createModelTable<Model>([...shippedModels, ...gptModels]);
  for (const [name, target] of Object.entries(clientNames)) {
    expect(all.find(target)?.name, name).toBe(target);
    expect(all.findNamed(name), name).toBeUndefined();
    expect(name).toBe(name.toLowerCase());
  }
});
