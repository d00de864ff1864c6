// Input pictures on a drawing: scaled into their boxes, tinted and framed.

import sharp from 'sharp';
import { TaskError } from '../../core/errors.ts';
import type { Picture } from '../../core/upstreams/upstream.ts';
import type { Box, Canvas } from './canvas.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

/** One input, ready to be laid on: three bytes a pixel (red, green, blue), row after row. */
export interface Layer {
  box: Box;
  pixels: Buffer;
}

const frame = Uint8Array.of(253, 251, 246);

/** Share of the tint in a picture: enough to see that it was worked on, too little to hide a colour. */
const tintOpacity = 0.14;

/**
 * Decodes each input at the size of its box, one after the other, so that only one is in memory at its full size.
 * Transparent parts become white; a picture that a camera held sideways is turned upright, as its width and height are.
 * Throws `TaskError` (`input_unreachable`) for one that can't be decoded.
 */
export async function decodeInputs(
  inputs: readonly Picture[],
  boxes: readonly Box[],
  { tint, signal }: { tint: Uint8Array; signal: AbortSignal },
): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const [index, box] of boxes.entries()) {
    signal.throwIfAborted();
    const pixels = await decode(inputs[index]?.bytes, box, tint).catch((error: unknown) => {
      throw undecodable(index + 1, error);
    });
    layers.push({ box, pixels });
  }
  return layers;
}

async function decode(
  bytes: Uint8Array | undefined,
  { width, height }: Box,
  tint: Uint8Array,
): Promise<Buffer> {
  const pixels = await sharp(bytes, { failOn: 'error' })
    .autoOrient()
    .resize({ width, height, fit: 'fill' })
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  // A second pass, as grey pictures have their three channels only at the end of the first.
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .linear(
      Array.from(tint, () => 1 - tintOpacity),
      Array.from(tint, (channel) => channel * tintOpacity),
    )
    .raw()
    .toBuffer();
}

function undecodable(number: number, cause: unknown): TaskError {
  return new TaskError(
    upstreamFailure(
      'input_unreachable',
      `Input picture ${number} could not be decoded: its file is damaged or cut short. Send another file.`,
      'input not decodable',
    ),
    { cause },
  );
}

/** Lays inputs on a canvas, each in a white frame; `border` is the width of the frame in pixels. */
export function layInputs(canvas: Canvas, layers: readonly Layer[], border: number): void {
  for (const { box, pixels } of layers) {
    const { left, top, width, height } = box;
    const grown = 2 * border;
    canvas.paint(
      { left: left - border, top: top - border, width: width + grown, height: height + grown },
      frame,
    );
    canvas.lay(box, pixels);
  }
}
