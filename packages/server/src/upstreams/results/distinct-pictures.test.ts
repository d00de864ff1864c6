import { expect, test } from 'vitest';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { withDistinctPictures } from './distinct-pictures.ts';
import { contextOf, requestFor } from '../faults.fixture.ts';

const picture = (text: string) => new Uint8Array(Buffer.from(text));
const result = {
  pictures: ['one', 'two', 'one', 'six', 'two'].map(picture),
  description: 'done',
  warnings: [],
};
const upstream: Upstream = {
  name: 'test',
  capabilities: () => ({ ratios: 'any', sizes: ['1K'], maxInputs: 0, seed: false }),
  start: () => Promise.resolve(result),
  check: () => Promise.resolve('well'),
};
const operation = { id: '1' };

test('of pictures that are alike byte for byte the first is left, and the others keep their order', async () => {
  const distinct = { ...result, pictures: ['one', 'two', 'six'].map(picture) };
  const wrapped = withDistinctPictures({ ...upstream, poll: () => Promise.resolve(result) });
  expect(await wrapped.start(requestFor('m'), contextOf())).toEqual(distinct);
  expect(await wrapped.poll?.(operation, contextOf())).toEqual(distinct);
});

test('whatever is no result is left as it is, and nothing is added to an upstream without jobs', async () => {
  const started = { operation, warnings: [] };
  const wrapped = withDistinctPictures({ ...upstream, start: () => Promise.resolve(started) });
  expect(await wrapped.start(requestFor('m'), contextOf())).toBe(started);
  expect(wrapped).not.toHaveProperty('poll');
  expect(await wrapped.check(new AbortController().signal)).toBe('well');
});
