import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RequestError } from '../core/errors.ts';
import type { PictureStore } from '../core/pictures/picture-store.ts';
import type { Rendition, RenditionSource } from '../core/pictures/renditions.ts';
import { createDecodeGate, type DecodeGate } from './decoding.ts';
import { createDiskPictureStore } from './stores/disk.ts';
import { createInspector } from './inspect.ts';
import { labelPicture } from './picture-label.ts';
import { createRenditions, renditionsPrefix } from './renditions.ts';

const inspect = createInspector({ maxBytes: 10_000_000, maxPixels: 3_000_000 });
let directory: string;
let store: PictureStore;
/** Keys of what was put, in their order. */
let puts: string[];
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-renditions-'));
  const disk = createDiskPictureStore({ directory });
  puts = [];
  store = {
    ...disk,
    put: (key, bytes) => {
      puts.push(key);
      return disk.put(key, bytes);
    },
  };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const noise = (width: number, height: number): Sharp =>
  sharp(createHash('shake256', { outputLength: width * height * 3 }).digest(), {
    raw: { width, height, channels: 3 },
  });

async function stored(encoded: Sharp, key = 'results/aa/picture.png'): Promise<RenditionSource> {
  const bytes = await encoded.toBuffer();
  await store.put(key, bytes);
  puts = [];
  return { key, ...(await inspect(bytes)) };
}

const renditions = (
  options: { maxWaiting?: number; maxPerSource?: number; gate?: DecodeGate; keepLabels?: boolean } = {},
) => createRenditions({ store, gate: createDecodeGate({ atOnce: 1 }), ...options });

async function fileOf({ key }: Rendition): Promise<Buffer> {
  return await buffer(store.read(key));
}

test.each(['webp', 'avif', 'jpeg', 'png'] as const)('a picture is had smaller, as %s', async (format) => {
  const source = await stored(noise(300, 200).png());
  const made = await renditions()(source, { width: 150, format });
  const file = await fileOf(made);
  expect(made).toEqual({
    key: expect.stringMatching(/^renditions\/[0-9a-f]{2}\/[0-9a-f]{64}\/150x100[-\d]*\.[a-z]+$/),
    contentType: `image/${format}`,
    bytes: file.length,
  });
  expect(await sharp(file).metadata()).toMatchObject({
    mediaType: made.contentType,
    width: 150,
    height: 100,
  });
});

test('the second who asks has the file of the first, also after a restart', async () => {
  const source = await stored(noise(60, 40).png());
  const render = renditions();
  const first = await render(source, { width: 30 });
  expect(await render(source, { width: 30, format: 'png', height: 4000, quality: 7 })).toEqual(first);
  expect(await renditions()(source, { width: 30 })).toEqual(first);
  expect(puts).toEqual([first.key]);
});

test('those who ask for the same at the same time wait for one', async () => {
  const source = await stored(noise(60, 40).png());
  const render = renditions();
  const all = await Promise.all(Array.from({ length: 20 }, () => render(source, { format: 'webp' })));
  expect(new Set(all.map(({ key }) => key)).size).toBe(1);
  expect(puts).toHaveLength(1);
});

test('what is the picture itself is not made', async () => {
  const source = await stored(noise(60, 40).png());
  const itself = { key: source.key, contentType: 'image/png', bytes: source.bytes };
  for (const options of [{ width: 60 }, { width: 4096 }, { format: 'png' as const }, { quality: 20 }])
    expect(await renditions()(source, options)).toEqual(itself);
  expect(puts).toEqual([]);
});

test('a rendition is upright, in sRGB, without metadata and on white where it has no transparency', async () => {
  const lying = noise(60, 40).withMetadata({ orientation: 6 }).withIccProfile('p3').jpeg();
  const source = await stored(lying);
  expect([source.width, source.height]).toEqual([40, 60]);
  const upright = await sharp(await fileOf(await renditions()(source, { width: 20 }))).metadata();
  expect(upright).toMatchObject({ width: 20, height: 30, hasProfile: false });
  expect(upright.exif).toBeUndefined();

  const clear = sharp({ create: { width: 9, height: 9, channels: 4, background: '#00000000' } }).png();
  const made = await renditions()(await stored(clear, 'results/aa/clear.png'), { format: 'jpeg' });
  expect([
    ...(
      await sharp(await fileOf(made))
        .raw()
        .toBuffer()
    ).subarray(0, 3),
  ]).toEqual([255, 255, 255]);
});

test.each(['webp', 'avif', 'jpeg', 'png'] as const)(
  'a rendition as %s keeps what this server wrote into the picture, where that is wanted, or says of a result that a model made it',
  async (format) => {
    const label = { prompt: 'eine Kochbanane, 蕉', model: 'a-model', taskId: 'a-task' };
    const labelled = Buffer.from(await labelPicture(await noise(60, 40).png().toBuffer(), label));
    const key = `results/aa/${format}.png`;
    await store.put(key, labelled);
    const source = { key, ...(await inspect(labelled)) };
    const foreign = await stored(noise(60, 40).png().withXmp('<a/>'), `results/aa/foreign-${format}.png`);
    const kept = async (from: RenditionSource, width: number, keepLabels: boolean) => {
      const made = await renditions({ keepLabels })(from, { width, format });
      return (await sharp(await fileOf(made)).metadata()).xmpAsString;
    };
    expect(await kept(source, 20, true)).toContain('>eine Kochbanane, 蕉<');
    const input = await stored(noise(60, 40).png(), `inputs/aa/${format}.png`);
    for (const marked of [await kept(source, 21, false), await kept(foreign, 22, true)]) {
      expect(marked).toContain('/digitalsourcetype/trainedAlgorithmicMedia<');
      expect(marked).not.toMatch(/Kochbanane|<a\/>/);
    }
    expect(await kept(input, 23, true)).toBeUndefined();
  },
);

test('of too many renditions the oldest goes, and the folder names them all', async () => {
  const source = await stored(noise(60, 40).png());
  const render = renditions({ maxPerSource: 3 });
  const made = [];
  for (const width of [10, 20, 30, 40]) {
    made.push((await render(source, { width })).key);
    for await (const { key } of store.list('renditions/')) await olderByAMinute(key);
  }
  const kept: string[] = [];
  for await (const { key } of store.list(renditionsPrefix(source.key))) kept.push(key);
  expect(kept.toSorted()).toEqual(made.slice(1).toSorted());
  expect(await store.size(source.key)).toBe(source.bytes);
});

/** File systems may keep times by the second only. */
async function olderByAMinute(key: string): Promise<void> {
  const file = path.join(directory, key);
  const { mtimeMs } = await stat(file);
  await utimes(file, mtimeMs / 1000 - 60, mtimeMs / 1000 - 60);
}

/** A gate that holds all back until it is opened, and tells when so many wait at it. */
function heldGate(count: number) {
  const held = Promise.withResolvers<void>();
  const full = Promise.withResolvers<void>();
  let waiting = 0;
  const gate: DecodeGate = {
    async run(_, work) {
      waiting += 1;
      if (waiting === count) full.resolve();
      await held.promise;
      return await work();
    },
  };
  return { gate, full: full.promise, open: held.resolve };
}

test('whoever would have to wait too long is told to come again', async () => {
  const source = await stored(noise(60, 40).png());
  const { gate, full, open } = heldGate(2);
  const render = renditions({ gate, maxWaiting: 2 });
  const waiting = [render(source, { width: 10 }), render(source, { width: 20 })];
  await full;
  const refused: unknown = await render(source, { width: 30 }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RequestError);
  expect(refused).toMatchObject({ type: 'overloaded', retryAfterSeconds: 10 });
  const same = render(source, { width: 10 });
  open();
  const [first] = await Promise.all(waiting);
  expect(await same).toEqual(first);
  expect((await render(source, { width: 30 })).bytes).toBeGreaterThan(0);
});

test('70 sizes of one picture leave others of its key, and other keys, their places and their turns', async () => {
  const sources = await Promise.all(
    ['one', 'other', 'foreign'].map((name) => stored(noise(90, 60).png(), `results/aa/${name}.png`)),
  );
  const [one, other, foreign] = sources as [RenditionSource, RenditionSource, RenditionSource];
  const inner = createDecodeGate({ atOnce: 1 });
  const allWaitOrAreRefused = Promise.withResolvers<void>();
  let [left, refused] = [72, 0];
  const settle = () => {
    left -= 1;
    if (left === 0) allWaitOrAreRefused.resolve();
  };
  const gate: DecodeGate = {
    run(picture, work) {
      settle();
      return inner.run(picture, work);
    },
  };
  const before = inner.run({ contentType: 'image/png', pixels: 1 }, () => allWaitOrAreRefused.promise);
  const render = renditions({ gate });
  const order: string[] = [];
  async function ask(name: string, source: RenditionSource, width: number, owner: string): Promise<void> {
    try {
      await render(source, { width }, owner);
      order.push(name);
    } catch (error) {
      expect(error).toMatchObject({ type: 'overloaded', retryAfterSeconds: 10 });
      refused += 1;
      settle();
    }
  }
  const greedy = Array.from({ length: 70 }, (_, index) => ask('one', one, index + 1, 'a key'));
  await Promise.all([
    before,
    ...greedy,
    ask('other', other, 10, 'a key'),
    ask('foreign', foreign, 10, 'another key'),
  ]);
  expect(refused).toBe(62);
  expect(order.filter((name) => name === 'one')).toHaveLength(8);
  expect(order.indexOf('foreign')).toBeLessThan(2);
  expect(order).toContain('other');
  expect((await render(one, { width: 69 }, 'a key')).bytes).toBeGreaterThan(0);
});

test('one key has so many pictures waited for, and another its own', async () => {
  const source = await stored(noise(30, 20).png());
  const { gate, full, open } = heldGate(1);
  const render = renditions({ gate, maxWaiting: 1 });
  const first = render(source, { width: 10 }, 'a key');
  await full;
  await expect(render(source, { width: 11 }, 'a key')).rejects.toMatchObject({ type: 'overloaded' });
  const foreign = render(source, { width: 12 }, 'another key');
  open();
  await Promise.all([first, foreign]);
});

test('two keys that have the same picture do not wait for one another', async () => {
  const source = await stored(noise(60, 40).png());
  const { gate, full, open } = heldGate(8);
  const render = renditions({ gate });
  const greedy = Array.from({ length: 8 }, (_, index) => render(source, { width: index + 1 }, 'a key'));
  await full;
  await expect(render(source, { width: 11 }, 'a key')).rejects.toMatchObject({ type: 'overloaded' });
  const foreign = render(source, { width: 12 }, 'another key');
  open();
  expect((await foreign).bytes).toBeGreaterThan(0);
  await Promise.all(greedy);
});

test('where the store is full, the server says that it has no room, and when to come again', async () => {
  const source = await stored(noise(30, 20).png());
  store.put = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  const refusal = renditions()(source, { width: 15, format: 'webp' });
  await expect(refusal).rejects.toMatchObject({ type: 'overloaded', retryAfterSeconds: 60 });
});

test('a failure is told to all who wait, leaves nothing behind, and the next may try again', async () => {
  const source = await stored(noise(60, 40).png());
  const bytes = await buffer(store.read(source.key));
  await store.delete(source.key);
  const render = renditions();
  const outcomes = await Promise.allSettled([render(source, { width: 10 }), render(source, { width: 10 })]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await store.put(source.key, bytes);
  expect((await render(source, { width: 10 })).contentType).toBe('image/png');
});
