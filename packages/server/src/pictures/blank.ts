// Finds pictures that show nothing: one colour all over, or no opaque pixel. The pixels of the middle column, which come with the one decode of
// an inspection, rule that out for nearly every picture; only where they are alike all pixels are looked at.

import type { Sharp } from 'sharp';
import type { Blank } from '../core/pictures/picture-bytes.ts';

/** Pixels of 8 bits a channel: grey or red, green and blue, and with two or four channels opacity behind them. */
export interface Pixels {
  data: Uint8Array;
  channels: number;
}

const hasOpacity = (channels: number) => channels === 2 || channels === 4;

/**
 * Says how a picture is blank; `undefined` where it is not. `column` are pixels of it, at least one. `open` decodes it anew, which takes 0.8 to
 * 1.5 s at 4096 x 4096; it is called only where the column leaves the answer open.
 */
export async function blankOf(column: Pixels, open: () => Sharp): Promise<Blank | undefined> {
  const isUniform = isOneColour(column);
  const isClear = hasOpacity(column.channels) && isAllClear(column);
  if (!isUniform && !isClear) return undefined;
  // Of the channels of the file: a colour of CMYK has four as well.
  const { channels } = await open().stats();
  if (isClear && channels.at(-1)?.max === 0) return 'transparent';
  return isUniform && channels.every(({ min, max }) => min === max) ? colourOf(column) : undefined;
}

function isOneColour({ data, channels }: Pixels): boolean {
  for (let at = channels; at < data.length; at += 1) if (data[at] !== data[at - channels]) return false;
  return true;
}

function isAllClear({ data, channels }: Pixels): boolean {
  for (let at = channels - 1; at < data.length; at += channels) if (data[at] !== 0) return false;
  return true;
}

function colourOf({ data, channels }: Pixels): Blank {
  const [first = 0, second = 0, third = 0] = data;
  const colour = channels < 3 ? [first, first, first] : [first, second, third];
  return `#${colour.map((each) => each.toString(16).padStart(2, '0')).join('')}`;
}
