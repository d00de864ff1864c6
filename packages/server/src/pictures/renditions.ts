// Makes smaller, or otherwise coded, files of stored pictures when somebody asks for them, and keeps them in the store: the
// second who asks is answered from the file. They have no metadata but those that this server wrote, and of a result the mark that a model
// made it, since what the original says of that, a C2PA manifest in most cases, is lost with its bytes. The original is never touched.
//
// The renditions of a picture lie in a folder of its own. So they can be counted, and found when the picture is deleted.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Sharp } from 'sharp';
import { resultsFolder } from '../core/pictures/picture-folders.ts';
import { RequestError, TaskError } from '../core/errors.ts';
import { refusedWhenFull } from '../core/submit/store-bytes.ts';
import type { PictureStore, StoredFile } from '../core/pictures/picture-store.ts';
import type { RenderPicture, RenditionFormat, RenditionSource } from '../core/pictures/renditions.ts';
import { extensionOf } from '../lib/content-types.ts';
import { createCounts } from '../lib/counts.ts';
import { barePicture } from './bare/bare-picture.ts';
import type { DecodeGate } from './decoding.ts';
import { readLabel, sourceMark } from './picture-label.ts';
import { pictureTypeOf } from './formats/picture-type.ts';
import { planRendition, type RenditionPlan } from './rendition-options.ts';
import { openUpright } from './upright.ts';
import { findXmpLocation } from './bare/xmp-location.ts';

/**
 * How many of a key's pictures, and how many renditions of one of them, are waited for at once: whoever asks for more would
 * wait for minutes. Each key has its own, and its turn, so that nobody who holds a link of one takes them from another.
 */
const defaultMaxWaiting = 50;
const defaultMaxWaitingPerSource = 8;
const retryAfterSeconds = 10;
/**
 * A page shows a picture in a few sizes, for screens of two densities, in two formats: 32 is twice that. Without a bound,
 * whoever holds a link could fill the disk with 4,096 widths in 100 qualities.
 */
const defaultMaxPerSource = 32;

type RenditionStore = Pick<PictureStore, 'put' | 'size' | 'read' | 'list' | 'delete'>;

/**
 * `gate` bounds how many are made at once; one of their own keeps renditions from holding up tasks. Of more than
 * `maxPerSource` renditions of a picture the oldest is deleted, so that nobody can use them up for others.
 */
export function createRenditions({
  store,
  gate,
  maxWaiting = defaultMaxWaiting,
  maxWaitingOfSource = defaultMaxWaitingPerSource,
  maxPerSource = defaultMaxPerSource,
  keepLabels = false,
}: {
  store: RenditionStore;
  gate: DecodeGate;
  /** Of one owner. */
  maxWaiting?: number;
  maxWaitingOfSource?: number;
  maxPerSource?: number;
  /** Whether what this server wrote into the source is written into its renditions too. */
  keepLabels?: boolean;
}): RenderPicture {
  /** By the rendition's key: who asks for the same at the same time gets the same. */
  const making = new Map<string, Promise<number>>();
  const ofOwner = createCounts();
  const ofSource = createCounts();
  const make = createMaker({ store, gate, maxPerSource, keepLabels });

  return async (source, options, owner = '') => {
    const plan = planRendition(source, options);
    if (!plan) return { key: source.key, contentType: source.content_type, bytes: source.bytes };
    const contentType = `image/${plan.format}`;
    const key = renditionKey(source.key, plan);
    const stored = making.has(key) ? null : await store.size(key);
    if (stored !== null) return { key, contentType, bytes: stored };
    // Another may have begun with it while the store was asked.
    let made = making.get(key);
    if (!made) {
      // Two keys that uploaded the same picture have one file of it.
      const ownersSource = `${owner} ${source.key}`;
      if (ofOwner.of(owner) >= maxWaiting || ofSource.of(ownersSource) >= maxWaitingOfSource)
        throw tooManyWaiting();
      ofOwner.add(owner, 1);
      ofSource.add(ownersSource, 1);
      made = make({ source, plan, key, owner }).finally(() => {
        making.delete(key);
        ofOwner.add(owner, -1);
        ofSource.add(ownersSource, -1);
      });
      making.set(key, made);
    }
    return { key, contentType, bytes: await made };
  };
}

interface Wanted {
  source: RenditionSource;
  plan: RenditionPlan;
  /** Where it is stored. */
  key: string;
  owner: string;
}

/** Makes a rendition and gives the number of its bytes. */
function createMaker({
  store,
  gate,
  maxPerSource,
  keepLabels,
}: {
  store: RenditionStore;
  gate: DecodeGate;
  maxPerSource: number;
  keepLabels: boolean;
}): (wanted: Wanted) => Promise<number> {
  async function makeRoom(prefix: string): Promise<void> {
    const files: StoredFile[] = [];
    for await (const file of store.list(prefix)) files.push(file);
    const oldestFirst = files.toSorted((a, b) => a.modifiedAt - b.modifiedAt);
    for (const { key } of oldestFirst.slice(0, Math.max(0, files.length - maxPerSource + 1)))
      await store.delete(key);
  }

  return ({ source, plan, key, owner }) => {
    const pixels = source.width * source.height;
    // All of it in one turn: those who wait hold no memory, and hardly any are counted at the same time.
    return gate.run({ contentType: source.content_type, pixels, owner }, async () => {
      await makeRoom(renditionsPrefix(source.key));
      const bytes = await buffer(store.read(source.key));
      const encoded = await encode(bytes, plan, { maxPixels: pixels, source, keepLabels }).catch(
        (error: unknown) => {
          throw error instanceof TaskError
            ? new RequestError('input_unreachable', error.failure.message, { cause: error })
            : error;
        },
      );
      await store.put(key, encoded).catch((error: unknown) => {
        throw refusedWhenFull(error);
      });
      return encoded.length;
    });
  };
}

async function encode(
  bytes: Uint8Array,
  plan: RenditionPlan,
  { maxPixels, source, keepLabels }: { maxPixels: number; source: RenditionSource; keepLabels: boolean },
): Promise<Uint8Array> {
  const type = pictureTypeOf(bytes);
  const bare = await barePicture(bytes, type);
  const { image } = await openUpright(bare, { maxPixels, target: plan });
  const label = (keepLabels ? await readLabel(bytes, type) : undefined) ?? markOf(source);
  const encoder = encoders[plan.format](image, plan.quality);
  if (label === undefined) return await encoder.toBuffer();
  if (plan.format !== 'png') return await encoder.withXmp(label).toBuffer();
  // libvips 8.18 would pack it into a chunk in which nobody else looks for it.
  const encoded = await encoder.toBuffer();
  return (await (await findXmpLocation(encoded, 'png'))?.insert(Buffer.from(label))) ?? encoded;
}

/** XMP packet that says of a result that a model made it. An input has none, as nobody knows who made it. */
const markOf = ({ key }: RenditionSource): string | undefined =>
  key.startsWith(`${resultsFolder}/`) ? sourceMark : undefined;

/** AVIF with the least effort: 4096 x 3200 pixels take 4 s, and 62 s with the usual one, for files of half the size. */
const encoders: Readonly<Record<RenditionFormat, (image: Sharp, quality: number | undefined) => Sharp>> = {
  webp: (image, quality) => image.webp({ quality }),
  avif: (image, quality) => image.avif({ quality, effort: 0 }),
  jpeg: (image, quality) => image.flatten({ background: 'white' }).jpeg({ quality }),
  png: (image) => image.png(),
};

/** Where all renditions lie in the picture store. */
export const renditionsFolder = 'renditions';

/** The folder of a picture's renditions: what is listed there goes when the picture is deleted. */
export function renditionsPrefix(sourceKey: string): string {
  const hash = createHash('sha256').update(sourceKey).digest('hex');
  return `${renditionsFolder}/${hash.slice(0, 2)}/${hash}/`;
}

/** Such as `renditions/1f/1f0a.../640x360-80.webp`. */
function renditionKey(sourceKey: string, { format, width, height, quality }: RenditionPlan): string {
  const name = `${width}x${height}${quality === undefined ? '' : `-${quality}`}`;
  return `${renditionsPrefix(sourceKey)}${name}.${extensionOf(`image/${format}`) ?? format}`;
}

function tooManyWaiting(): RequestError {
  return new RequestError(
    'overloaded',
    'Too many pictures are being scaled or converted at the moment. Try again soon.',
    { retryAfterSeconds },
  );
}
