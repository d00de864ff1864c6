import { expect, test } from 'vitest';
import { ratioFor } from './picture-place.ts';

test('a picture that is to come has the ratio that was asked for, else that of the last input, else it is square', () => {
  expect(ratioFor('16:9', [{ ratio: 2 }])).toBeCloseTo(16 / 9);
  expect(ratioFor('auto', [{ ratio: 2 }, { ratio: 0.5 }])).toBe(0.5);
  expect(ratioFor('auto', [{}])).toBe(1);
  for (const asked of [undefined, 'auto', 'wide', '1:0', '0:0', '-1:2']) expect(ratioFor(asked, [])).toBe(1);
});
