import { expect, test } from 'vitest';
import { differenceOf } from './made-as-asked.ts';
import type { Blank } from '../pictures/picture-bytes.ts';
import type { ImageSize } from './task.ts';

/** Pixels that Gemini gives at 1K; 512, 2K and 4K are these times a half, two and four (ai.google.dev/gemini-api/docs/image-generation). */
const gemini: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '1:4': [512, 2048],
  '1:8': [384, 3072],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:1': [2048, 512],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '8:1': [3072, 384],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
};
/** And its oldest model, which has one size. */
const oldest: typeof gemini = {
  '2:3': [832, 1248],
  '3:4': [864, 1184],
  '4:5': [896, 1152],
  '9:16': [768, 1344],
  '16:9': [1344, 768],
  '21:9': [1536, 672],
};
const scales: readonly (readonly [ImageSize, number])[] = [
  ['512', 0.5],
  ['1K', 1],
  ['2K', 2],
  ['4K', 4],
];

const ofGemini = Object.entries(gemini).flatMap(([ratio, [width, height]]) =>
  scales.map(([size, scale]) => [size, ratio, width * scale, height * scale] as const),
);
const ofOldest = Object.entries(oldest).map(
  ([ratio, [width, height]]) => ['1K', ratio, width, height] as const,
);
/** Pixels that OpenAI's models make, by the sizes that the adapter asks for. */
const ofOpenAi: readonly (readonly [ImageSize, string, number, number])[] = [
  ['1K', '1:1', 1024, 1024],
  ['1K', '3:2', 1536, 1024],
  ['1K', '2:3', 1024, 1536],
  ['4K', '16:9', 3840, 2160],
  ['4K', '1:1', 2880, 2880],
  ['4K', '3:1', 3840, 1280],
  ['2K', '16:9', 2736, 1536],
];

test.each([...ofGemini, ...ofOldest, ...ofOpenAi])(
  '%s %s, of which %ix%i came, is as asked',
  (imageSize, aspectRatio, width, height) => {
    expect(differenceOf({ aspectRatio, imageSize }, { width, height })).toEqual({ warnings: [], off: 0 });
  },
);

test.each<[ImageSize, string, number, number]>([
  ['4K', '16:9', 1024, 1024],
  ['4K', '16:9', 1376, 768],
  ['4K', '16:9', 2752, 1536],
  ['2K', '1:1', 1024, 1024],
  ['1K', '1:1', 2048, 2048],
  ['1K', '1:1', 512, 512],
  ['1K', '16:9', 768, 1376],
  ['1K', '16:9', 1200, 896],
  ['1K', '4:3', 1152, 928],
])('%s %s, of which %ix%i came, is worth a warning with both', (imageSize, aspectRatio, width, height) => {
  const { warnings, off } = differenceOf({ aspectRatio, imageSize }, { width, height });
  expect(warnings).toEqual([
    `${imageSize} ${aspectRatio} was asked for, and the upstream made a picture of ${width}x${height} pixels.`,
  ]);
  expect(off).toBeGreaterThan(0);
});

test('where the ratio is left to the upstream, only the size counts', () => {
  const asked = { aspectRatio: 'auto', imageSize: '1K' } as const;
  expect(differenceOf(asked, { width: 1584, height: 672 }).off).toBe(0);
  expect(differenceOf(asked, { width: 4096, height: 4096 }).warnings).toEqual([
    '1K was asked for, and the upstream made a picture of 4096x4096 pixels.',
  ]);
});

test('of two pictures that are not as asked one is nearer', () => {
  const off = (width: number, height: number) =>
    differenceOf({ aspectRatio: '16:9', imageSize: '4K' }, { width, height }).off;
  expect(off(2752, 1536)).toBeLessThan(off(1376, 768));
  expect(off(1376, 768)).toBeLessThan(off(1024, 1024));
});

const whole = { width: 1024, height: 1024 };
test.each<[Blank, string]>([
  ['transparent', 'The picture is blank: it is transparent all over.'],
  ['#000000', 'The picture is blank: every pixel has the colour #000000.'],
])('a picture that shows nothing, as %s, is further off than any other', (blank, warning) => {
  const asked = { aspectRatio: '1:1', imageSize: '1K' } as const;
  const { warnings, off } = differenceOf(asked, whole, blank);
  expect(warnings).toEqual([warning]);
  expect(off).toBeGreaterThan(differenceOf(asked, { width: 1, height: 65_535 }).off);
});

test('a plain colour, which a prompt may ask for, is told and no more', () => {
  expect(differenceOf({ aspectRatio: '1:1', imageSize: '1K' }, whole, '#fffffe')).toEqual({
    warnings: ['The picture is blank: every pixel has the colour #fffffe.'],
    off: 0,
  });
});
