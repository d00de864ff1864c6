// `node bench/pictures.ts`: what it takes to refuse pictures that are made to hurt, and to take the largest that are allowed.
// Each in a process of its own, because the peak of a process's memory never falls. Needs Linux.

import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { createDecodeGate, restrictDecoder } from 'plantain-server/src/pictures/decoding.ts';
import {
  gifOf,
  jpegOfScans,
  pngChunk,
  pngOf,
  webpChunk,
  webpOf,
} from 'plantain-server/src/pictures/hostile.fixture.ts';
import { createInspector } from 'plantain-server/src/pictures/inspect.ts';
import { createInputPreparer } from 'plantain-server/src/pictures/prepare-input.ts';

const limits = { maxBytes: 512 * 2 ** 20, maxPixels: 50_000_000 };
const [, script = '', job, file = ''] = process.argv;

/** One picture, or fourteen at once; prints a row. */
async function measure(): Promise<void> {
  restrictDecoder();
  const gate = createDecodeGate();
  const inspect = createInspector({ ...limits, gate });
  const prepare = createInputPreparer({ gate });
  const bytes = readFileSync(file);
  const before = kibibytes('VmRSS');
  const startedAt = performance.now();
  const one = async () => {
    const { width, height, content_type: contentType } = await inspect(bytes);
    const picture = { bytes, contentType, width, height };
    if (job === 'prepare')
      await prepare(
        picture,
        { maxPixels: 4096 * 4096 },
        { name: 'It', signal: new AbortController().signal },
      );
    return `${width} x ${height}`;
  };
  const outcomes = await Promise.allSettled(Array.from({ length: job === 'fourteen' ? 14 : 1 }, one));
  const [first] = outcomes;
  const outcome =
    first?.status === 'fulfilled' ? `taken: ${first.value}` : `refused: ${first?.reason.message}`;
  const took = Math.round(performance.now() - startedAt);
  const peak = kibibytes('VmHWM');
  const [more, all] = [peak - before, peak].map((size) => Math.round(size / 1024));
  const sizes = `${(bytes.length / 2 ** 20).toFixed(2)} MiB`;
  console.log(`| ${sizes} | ${took} ms | ${more} MiB | ${all} MiB | ${outcome.slice(0, 60)} |`);
}

/** Of this process. `getrusage` won't do: a process inherits the peak of the one that started it. */
function kibibytes(name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** A lossless WebP's header that claims as much as it can. */
function webpBomb(): Buffer {
  const header = Buffer.from([0x2f, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(16_382 + 16_382 * 2 ** 14, 1);
  return webpOf([webpChunk('VP8L', header)]);
}

/** Smooth, as photographs are. */
async function photograph(width: number, height: number): Promise<Sharp> {
  const noise = randomBytes(400 * 320 * 3);
  const small = sharp(noise, { raw: { width: 400, height: 320, channels: 3 } });
  const pixels = await small.resize(width, height, { fit: 'fill' }).raw().toBuffer();
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

type PictureRow = [what: string, job: string, bytes: () => Buffer | Promise<Buffer>];

const bombs: readonly PictureRow[] = [
  ['PNG bomb, 50.4 megapixels', 'inspect', () => pngOf(7100, 7100)],
  ['PNG bomb, 1 gigapixel', 'inspect', () => pngOf(32_768, 32_768, { bits: 1 })],
  ['WebP bomb, 268 megapixels', 'inspect', webpBomb],
  ['GIF bomb, 4.3 gigapixels', 'inspect', () => gifOf([10, 10], [65_535, 65_535])],
  ['JPEG of 2,000 scans, 50 megapixels', 'inspect', () => jpegOfScans(8000, 6250, 2_000)],
  [
    'PNG with 8 GB of packed comments',
    'inspect',
    () => {
      const packed = Buffer.concat([Buffer.from('x\0\0'), deflateSync(Buffer.alloc(7_900_000))]);
      const comment = pngChunk('zTXt', packed);
      return pngOf(9, 9, { before: Array.from({ length: 1000 }, () => comment) });
    },
  ],
];

function largest(photo: Sharp): PictureRow[] {
  const lying = photo.clone().withMetadata({ orientation: 6 });
  const progressive = () => photo.clone().jpeg({ progressive: true }).toBuffer();
  return [
    ['JPEG, 50 megapixels', 'inspect', () => photo.clone().jpeg({ quality: 92 }).toBuffer()],
    ['progressive JPEG, 50 megapixels', 'inspect', progressive],
    ['PNG, 50 megapixels', 'inspect', () => photo.clone().png({ compressionLevel: 1 }).toBuffer()],
    ['WebP, 50 megapixels', 'inspect', () => photo.clone().webp({ quality: 60, effort: 0 }).toBuffer()],
    [
      'AVIF, 16.4 megapixels',
      'inspect',
      async () => (await photograph(4096, 4000)).avif({ effort: 0 }).toBuffer(),
    ],
    ['14 JPEGs at once, 50 megapixels each', 'fourteen', progressive],
    [
      'JPEG, 50 megapixels, turned and fitted',
      'prepare',
      () => lying.clone().jpeg({ quality: 92 }).toBuffer(),
    ],
    [
      'JPEG, 16 megapixels, turned',
      'prepare',
      async () => (await photograph(4000, 4000)).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ],
  ];
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-pictures-'));
  console.log(
    '| picture | file | time | memory above the start | peak RSS | outcome |\n| --- | --- | --- | --- | --- | --- |',
  );
  try {
    for (const [what, kind, make] of [...bombs, ...largest(await photograph(8000, 6250))]) {
      const path = join(directory, 'picture');
      writeFileSync(path, await make());
      const { stdout } = await promisify(execFile)(process.execPath, [script, kind, path]);
      console.log(`| ${what} ${stdout.trim()}`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

await (job === undefined ? main() : measure());
