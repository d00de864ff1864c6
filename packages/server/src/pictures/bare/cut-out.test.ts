import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { dataOf, readAvifItems } from '../formats/avif-items.ts';
import { createDecodeGate, type DecodeGate } from '../decoding.ts';
import { plain } from '../formats/heic.fixture.ts';
import { createInspector } from '../inspect.ts';
import { type Box, boxOf, numberOf } from '../formats/iso-boxes.ts';
import { createInputPreparer } from '../prepare-input.ts';
import { type AvifPart, writeAvif } from '../formats/write-avif.ts';

const { signal } = new AbortController();
const long = (value: number) => numberOf(4, value);

function propertyOf(type: string, ...numbers: number[]): Box {
  const whole = boxOf(type, ...numbers.map(long));
  return { type, whole, content: whole.subarray(8) };
}

/** Of the middle of a picture, so many pixels. */
const cutTo = (width: number, height: number) => propertyOf('clap', width, 1, height, 1, 0, 1, 0, 1);

async function partOf(file: Buffer): Promise<AvifPart> {
  const { items, primary } = readAvifItems(file, () => {});
  const item = items.get(primary);
  if (item === undefined) throw new Error('There is no picture.');
  return { item, properties: item.properties, data: await dataOf(item, () => {}) };
}

/** 1152 x 768 pixels, of which a part is shown. */
async function cutHeic(cut: Box): Promise<Buffer> {
  const tile = await partOf(plain);
  const main: AvifPart = {
    item: { id: 1, type: 'grid', isHidden: false, properties: [], references: [], extents: [] },
    properties: [propertyOf('ispe', 0, 1152, 768), cut],
    data: Buffer.concat([Buffer.from([0, 0, 11, 11]), numberOf(2, 1152), numberOf(2, 768)]),
  };
  return await writeAvif([{ main, tiles: Array.from({ length: 144 }, () => tile) }], 'heic');
}

async function cutAvif(cut: Box): Promise<Buffer> {
  const made = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
    .avif({ effort: 0 })
    .toBuffer();
  const main = await partOf(made);
  return await writeAvif([{ main: { ...main, properties: [...main.properties, cut] }, tiles: [] }]);
}

/** The most pixels of a decode that had its turn. */
function watchedGate(): { gate: DecodeGate; most: () => number } {
  const inner = createDecodeGate();
  let most = 0;
  const gate: DecodeGate = {
    run(picture, work) {
      most = Math.max(most, picture.pixels);
      return inner.run(picture, work);
    },
  };
  return { gate, most: () => most };
}

test.each([
  { type: 'HEIC', file: () => cutHeic(cutTo(400, 300)), shown: [400, 300], decoded: 1152 * 768 },
  { type: 'AVIF', file: () => cutAvif(cutTo(40, 30)), shown: [40, 30], decoded: 300 * 200 },
])(
  'of a $type from which its file cuts a piece the piece goes upstream, and the whole counts at the gate',
  async ({ file, shown, decoded }) => {
    const bytes = await file();
    const { gate, most } = watchedGate();
    const details = await createInspector({ maxBytes: 1_000_000, maxPixels: 1_000_000, gate })(bytes);
    expect([details.width, details.height]).toEqual(shown);
    expect(most()).toBe(decoded);
    const preparing = watchedGate();
    const { picture } = await createInputPreparer({ gate: preparing.gate })(
      { ...details, bytes, contentType: details.content_type },
      {},
      { name: 'It', signal },
    );
    expect([picture.width, picture.height]).toEqual(shown);
    expect(preparing.most()).toBe(decoded);
  },
);

test.each([
  { type: 'HEIC', file: () => cutHeic(cutTo(40, 30)), decoded: 1152 * 768, most: 800_000 },
  { type: 'AVIF', file: () => cutAvif(cutTo(40, 30)), decoded: 300 * 200, most: 3 * 50_000 },
])(
  'a $type of too many pixels is refused before they are decoded, however few its file shows',
  async ({ file, decoded, most }) => {
    const inspecting = createInspector({ maxBytes: 1_000_000, maxPixels: most })(await file());
    const error: unknown = await inspecting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TaskError);
    expect((error as TaskError).failure).toMatchObject({
      tooLarge: true,
      message: expect.stringContaining(`40 x 30 pixels, cut out of ${decoded}, more than`),
    });
  },
);
