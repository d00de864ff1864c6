import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareAt, scrollFor } from './axis.ts';

const length = fc.integer({ min: 1, max: 5_000 });

test('the middle of a picture that fits is in the middle of its frame', () => {
  expect(shareAt({ scroll: 0, frame: 400, picture: 100 }, 200)).toBe(0.5);
  expect(shareAt({ scroll: 0, frame: 400, picture: 100 }, 150)).toBe(0);
  expect(shareAt({ scroll: 0, frame: 400, picture: 100 }, 250)).toBe(1);
});

test('what is scrolled to is where it was asked to be, at any size', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      length,
      length,
      length,
      (share, frame, picture, at) => {
        const lengths = { frame, picture };
        expect(shareAt({ scroll: scrollFor(share, lengths, at), ...lengths }, at)).toBeCloseTo(share);
      },
    ),
  );
});

test('the middle stays in the middle when the picture grows', () => {
  const before = { scroll: 600, frame: 400, picture: 2_000 };
  const grown = { frame: 400, picture: 4_000 };
  expect(scrollFor(shareAt(before, 200), grown, 200)).toBe(1_400);
});
