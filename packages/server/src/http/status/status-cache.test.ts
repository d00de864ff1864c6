import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CachedText, createStatusCache } from './status-cache.ts';

/** Some end alike in 18 bits, and some in all 32, by which texts are looked for. */
const ids = ['00000000', '00040000', '0004ffff', 'ffffffff', 'fffbffff', 'no hex'].flatMap((end) =>
  ['019aa000', '019aa001'].map((beginning) => `${beginning}-0000-7000-8000-0000${end.padStart(8, 'x')}`),
);

const act = fc.record({
  kind: fc.constantFrom('get', 'get', 'keep', 'keep', 'forget', 'forget all'),
  id: fc.constantFrom(...ids),
  length: fc.integer({ min: 1, max: 3 }),
});

test('a text is found by its own id until it is forgotten or displaced, and by no other', () => {
  const texts = [1, 2, 3].map((times) => 'x'.repeat(times * 8 * 2 ** 20));
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const cache = createStatusCache<CachedText>({ keepsAtOnce: true });
      const kept = new Map<string, CachedText>();
      for (const { kind, id, length } of acts) {
        const entry = { text: texts[length - 1] ?? '', isCurrent: undefined };
        if (kind === 'get') expect([undefined, kept.get(id)]).toContain(cache.get(id));
        if (kind === 'keep') {
          cache.keep(id, entry);
          kept.set(id, entry);
          expect(cache.get(id)).toBe(entry);
        }
        if (kind === 'forget') {
          cache.forget(id);
          kept.delete(id);
          expect(cache.get(id)).toBeUndefined();
        }
        if (kind === 'forget all') {
          cache.forgetAll();
          kept.clear();
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('a text is found after as many others have come as one generation holds', () => {
  const cache = createStatusCache<CachedText>({ keepsAtOnce: true });
  const text = 'x'.repeat(4 * 2 ** 20);
  const entries = ids.map(() => ({ text, isCurrent: undefined }));
  for (const [index, id] of ids.entries()) cache.keep(id, entries[index] as CachedText);
  expect(cache.get(ids[0] ?? '')).toBe(entries[0]);
  expect(cache.get(ids.at(-1) ?? '')).toBe(entries.at(-1));
});
