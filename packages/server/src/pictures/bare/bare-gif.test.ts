import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { createDecodeGate } from '../decoding.ts';
import { createInspector } from '../inspect.ts';
import { createInputPreparer } from '../prepare-input.ts';

const inspect = createInspector({ maxBytes: 1_000_000, maxPixels: 2_000_000 });
const prepareInput = createInputPreparer({ gate: createDecodeGate() });

const short = (value: number) => Buffer.from([value & 0xff, value >> 8]);
interface Frame {
  place: [left: number, top: number];
  size: [width: number, height: number];
  /** All of its pixels are red, or transparent where index 0 is. */
  control?: Buffer;
  codeSize?: number;
}
/** Index 0 is red. */
function gifOf([width, height]: [number, number], ...frames: Frame[]): Buffer {
  const head = [
    Buffer.from('GIF89a'),
    short(width),
    short(height),
    Buffer.from([0x80, 1, 0, 255, 0, 0, 0, 255, 0]),
  ];
  const blocks = frames.map(({ place, size, control = Buffer.alloc(0), codeSize = 2 }) =>
    Buffer.concat([
      control,
      Buffer.from([0x2c]),
      ...[...place, ...size].map(short),
      Buffer.from([0, codeSize]),
      rowsOf(size),
    ]),
  );
  return Buffer.concat([...head, ...blocks, Buffer.from(';')]);
}

/** Codes of three bits: clear, index 0, clear, index 0, and so on to the end. */
function rowsOf([width, height]: [number, number]): Buffer {
  let bits = '';
  for (let pixel = 0; pixel < width * height; pixel += 1) bits = `000100${bits}`;
  bits = `101${bits}`;
  const bytes = [];
  for (let end = bits.length; end > 0; end -= 8)
    bytes.push(Number.parseInt(bits.slice(Math.max(0, end - 8), end), 2));
  const blocks = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const piece = bytes.slice(at, at + 255);
    blocks.push(Buffer.from([piece.length, ...piece]));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1)]);
}

async function sentOf(bytes: Buffer, maxSide = Infinity) {
  const details = await inspect(bytes);
  const { picture, warnings } = await prepareInput(
    { ...details, bytes, contentType: details.content_type },
    { maxSide },
    { name: 'It', signal: new AbortController().signal },
  );
  const { data, info } = await sharp(picture.bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (left: number, top: number) => [...data.subarray((top * info.width + left) * 4).subarray(0, 4)];
  return {
    at,
    measures: [info.width, info.height],
    inspected: [details.width, details.height],
    warnings,
    contentType: picture.contentType,
  };
}

const red = [255, 0, 0, 255];
const nothing = [0, 0, 0, 0];
const whole: Frame = { place: [0, 0], size: [4, 4] };
const corner: Frame = { place: [0, 0], size: [1, 1] };
const inside: Frame = { place: [1, 2], size: [2, 1] };

test.each<[string, Frame[]]>([
  ['no animation', [inside]],
  ['an animation', [inside, whole]],
])('around the first frame of a GIF that is %s there is nothing to see', async (_, frames) => {
  const { at, measures, inspected, warnings, contentType } = await sentOf(gifOf([4, 4], ...frames));
  expect([measures, inspected, contentType]).toEqual([[4, 4], [4, 4], 'image/png']);
  expect([at(1, 2), at(2, 2)]).toEqual([red, red]);
  expect([at(0, 0), at(0, 2), at(3, 2), at(1, 1), at(1, 3)]).toEqual([
    nothing,
    nothing,
    nothing,
    nothing,
    nothing,
  ]);
  expect(warnings).toEqual(frames.length === 1 ? [] : ['It is an animation; only its first frame was sent.']);
});

test('a first frame in the corner of a GIF stays there', async () => {
  const { at } = await sentOf(gifOf([4, 4], corner));
  expect([at(0, 0), at(1, 0), at(0, 1), at(3, 3)]).toEqual([red, nothing, nothing, nothing]);
});

test('a GIF of the size of an old screen has that size', async () => {
  const { at, measures, inspected } = await sentOf(gifOf([640, 480], inside));
  expect([measures, inspected]).toEqual([
    [640, 480],
    [640, 480],
  ]);
  expect([at(1, 2), at(3, 2), at(639, 479)]).toEqual([red, nothing, nothing]);
});

test('a GIF that is made smaller has its frame where it was', async () => {
  const { at, measures } = await sentOf(gifOf([80, 80], { place: [20, 40], size: [40, 20] }), 40);
  expect(measures).toEqual([40, 40]);
  expect([at(15, 25), at(5, 25), at(15, 15), at(35, 25)]).toEqual([red, nothing, nothing, nothing]);
});

test('a GIF whose frame fills it has no transparency, and one that goes beyond it grows', async () => {
  const full = await sentOf(gifOf([4, 4], whole));
  expect([full.at(0, 0), full.at(3, 3)]).toEqual([red, red]);
  const larger = await sentOf(gifOf([2, 2], { place: [1, 1], size: [3, 3] }));
  expect([larger.measures, larger.at(3, 3), larger.at(0, 0)]).toEqual([[4, 4], red, nothing]);
});

test('what is transparent in the frame of a GIF stays so', async () => {
  const control = Buffer.from([0x21, 0xf9, 4, 1, 0, 0, 0, 0]);
  const { at } = await sentOf(gifOf([4, 4], { ...inside, control }));
  expect([at(1, 2), at(0, 0)]).toEqual([nothing, nothing]);
});

test('a GIF is too large by its canvas, whatever its frame is', async () => {
  await expect(inspect(gifOf([2_000, 1_500], corner))).rejects.toThrow('2000 x 1500 pixels, more than');
});

test.each([
  [0, 0],
  [0, 2],
  [2, 0],
])('a GIF whose first frame has %i x %i pixels is no picture', async (width, height) => {
  const empty: Frame = { place: [1, 1], size: [width, height] };
  await expect(inspect(gifOf([4, 4], empty))).rejects.toThrow('The GIF picture is damaged');
});

test('a GIF is taken where a later frame is broken', async () => {
  const { at, warnings } = await sentOf(gifOf([4, 4], whole, { ...whole, codeSize: 13 }));
  expect(at(0, 0)).toEqual(red);
  expect(warnings).toEqual(['It is an animation; only its first frame was sent.']);
  await expect(inspect(gifOf([4, 4], { ...whole, codeSize: 13 }))).rejects.toThrow('damaged or cut off');
});
