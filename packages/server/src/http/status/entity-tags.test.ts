import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesTag } from './entity-tags.ts';

const tagText = fc.string({
  unit: fc.constantFrom('a', 'b', 'X', '0', '-', '_', '.', ',', '*', 'W/', ' ', '\\', 'é'),
  maxLength: 8,
});
const ownText = fc.stringMatching(/^[\w.-]{1,25}$/);
const space = fc.stringMatching(/^[ \t]{0,2}$/);

test('a header matches exactly where the tag is one of its list, weak or strong', () => {
  const listed = fc.array(
    fc.record({ text: fc.oneof(ownText, tagText), weak: fc.boolean(), before: space, after: space }),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(listed, ownText, fc.option(fc.nat(6)), fc.boolean(), (entries, own, at, weak) => {
      const all =
        at === null ? entries : entries.toSpliced(at, 0, { text: own, weak: !weak, before: '', after: '' });
      const header = all
        .map(({ text, weak: isWeak, before, after }) => `${before}${isWeak ? 'W/' : ''}"${text}"${after}`)
        .join(',');
      expect(matchesTag(header, `${weak ? 'W/' : ''}"${own}"`)).toBe(all.some(({ text }) => text === own));
    }),
  );
});

test.each([
  ['*', true],
  [' * ', true],
  ['"*"', false],
  ['', false],
  ['abc', false],
  ['W/"abcd"', false],
  ['"abc', false],
])('%j is or is not a match for "abc"', (header, expected) => {
  expect(matchesTag(header, 'W/"abc"')).toBe(expected);
});
