// From a request to PNG bytes. Shapes and letters are laid out at 1K (512 for that size) and rasterised at 2K at the
// most; a 4K picture is the 2K one with every pixel doubled. That keeps letters sharp and is the cheapest way measured
// (1:1 at 4K on one core): vectors at 4K 0.9 to 4.5 s, 1K scaled up by cubic 1.2 to 1.6 s and by linear 0.7 to 0.9 s,
// 2K doubled 0.3 to 0.5 s.

import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { drawBand } from './band.ts';
import { drawFrames, layOut } from './collage.ts';
import { composeScene } from './composition.ts';
import type { Box } from './composition.ts';
import { dimensionsOf, resolveRatio } from './dimensions.ts';
import type { Dimensions } from './dimensions.ts';
import { createDice, fingerprintPicture, fingerprintRequest } from './fingerprint.ts';
import { decodeInputs, layOn } from './inputs.ts';
import type { Layer, Tint } from './inputs.ts';

export interface DrawOptions {
  /** How many pictures, each different. */
  images: number;
  /** Where drawings lie while they are rasterised, if there is no room for them among the temporary files of the machine. */
  directory?: string | undefined;
  /** Looked at between two steps of the drawing; a step takes well under two seconds. */
  signal: AbortSignal;
  /** 0 to 1, after each picture. */
  onProgress(progress: number): void;
}

/**
 * Draws the pictures of a request as PNG; the same request gives the same bytes. Throws `TaskError`:
 * `upstream_bad_request` for an unknown ratio, `input_unreachable` for an input that can't be decoded. Rejects with the
 * signal's reason when it aborts.
 */
export async function drawPictures(request: UpstreamRequest, options: DrawOptions): Promise<Uint8Array[]> {
  const { inputs, imageSize } = request;
  const ratio = resolveRatio(request.aspectRatio, inputs);
  const finished = dimensionsOf(ratio, imageSize);
  const canvas = dimensionsOf(ratio, imageSize === '512' ? '512' : '1K');
  const scale = Math.min(2, finished.width / canvas.width);
  const requestHash = fingerprintRequest(request);
  const tint: Tint = [requestHash.readUInt8(0), requestHash.readUInt8(1), requestHash.readUInt8(2)];

  const pictures: Uint8Array[] = [];
  let layers: Layer[] | undefined;
  for (let index = 0; index < options.images; index++) {
    options.signal.throwIfAborted();
    const hash = fingerprintPicture(requestHash, index);
    const band = drawBand(canvas, 'PLANTAIN SANDBOX', [
      request.model.slice(0, 60),
      `${imageSize} ${finished.width}x${finished.height}`,
      ratio,
      `#${hash.toString('hex', 0, 4)}`,
    ]);
    const area = { left: 0, top: 0, width: canvas.width, height: canvas.height - band.height };
    const gap = Math.ceil(Math.min(area.width, area.height) / 32);
    const boxes = layOut(inputs, area, gap);
    layers ??= await decodeInputs(
      inputs,
      boxes.map((box) => scaleBox(box, scale)),
      { tint, signal: options.signal },
    );
    const content =
      composeScene(createDice(hash), canvas, { bandHeight: band.height, bananas: inputs.length === 0 }) +
      drawFrames(boxes, Math.ceil(gap / 4)) +
      band.svg;
    const drawing = await rasterise(svgDocument(canvas, scale, content), [
      tmpdir(),
      options.directory ?? tmpdir(),
    ]);
    pictures.push(await encode(drawing, layers, finished));
    options.onProgress((index + 1) / options.images);
  }
  return pictures;
}

function scaleBox({ left, top, width, height }: Box, scale: number): Box {
  return { left: left * scale, top: top * scale, width: width * scale, height: height * scale };
}

function svgDocument({ width, height }: Dimensions, scale: number, content: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}" ` +
    `viewBox="0 0 ${width} ${height}">${content}</svg>`
  );
}

type Drawing = Awaited<ReturnType<typeof rasterise>>;

/**
 * By way of a file: a server takes SVG from files alone, so that bytes from outside never come to be drawn. `directories` are tried
 * one after the other, since a machine may have none for temporary files, or no room there.
 */
async function rasterise(svg: string, directories: readonly string[]) {
  const file = await writeInFirst(directories, `plantain-sandbox-${randomUUID()}.svg`, svg);
  try {
    return await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  } finally {
    await rm(file, { force: true });
  }
}

/** The path of the file. */
async function writeInFirst(
  [directory = '', ...others]: readonly string[],
  name: string,
  text: string,
): Promise<string> {
  const file = join(directory, name);
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return file;
  } catch (error) {
    await rm(file, { force: true }).catch(() => {});
    if (others.length === 0) throw error;
    return await writeInFirst(others, name, text);
  }
}

/**
 * Lays the inputs on top, brings it to its size. How it is compressed was measured on one core. A scene of
 * flat shapes at 4K: 0.2 s and 0.6 MB without filters at level 6, 1.2 s with filters. A photograph at 4K: 0.6 s and
 * 12 MB without filters at level 2, 1.4 s and 6 MB with filters; at 1K 0.15 s, 2.5 MB without and 1.9 MB with filters.
 */
async function encode(
  { data, info }: Drawing,
  layers: readonly Layer[],
  finished: Dimensions,
): Promise<Uint8Array> {
  for (const layer of layers) layOn(data, info.width, layer);
  return await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .resize({ ...finished, kernel: 'nearest' })
    .png(
      layers.length === 0
        ? { compressionLevel: 6 }
        : { compressionLevel: 2, adaptiveFiltering: finished.width === info.width },
    )
    .toBuffer();
}
