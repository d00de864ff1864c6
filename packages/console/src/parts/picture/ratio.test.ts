import { expect, test } from 'vitest';
import { ratioFor } from './ratio.ts';

test('a picture that is to come has the ratio that was asked for, else that of the last input, else it is square', () => {
  expect(ratioFor('16:9', [{ ratio: 2 }])).toBeCloseTo(16 / 9);
  expect(ratioFor('auto', [{ ratio: 2 }, { ratio: 0.5 }])).toBe(0.5);
  expect(ratioFor('auto', [{}])).toBe(1);
  expect(ratioFor('auto', [{}], ['2:1'])).toBe(1);
  for (const asked of [undefined, 'auto', 'wide', '1:0', '0:0', '-1:2']) expect(ratioFor(asked, [])).toBe(1);
});

test('a picture takes after its input as far as the model makes such pictures', () => {
  const ratios = ['1:1', '2:3', '16:9', '21:9'];
  expect(ratioFor('auto', [{ ratio: 3 }], ratios)).toBeCloseTo(21 / 9);
  expect(ratioFor('auto', [{ ratio: 1 / 3 }], ratios)).toBeCloseTo(2 / 3);
  expect(ratioFor('4:1', [{ ratio: 1 }], ratios)).toBe(4);
});
