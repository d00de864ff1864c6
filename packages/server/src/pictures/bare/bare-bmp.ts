// Tells by the header of a BMP what there is to decode. Nothing is taken out: no reader looks at anything but its pixels.

import { readBmpHeader } from '../formats/bmp-header.ts';
import { bareProfile } from './bare-profile.ts';
import type { BarePicture } from './file-parts.ts';

/** Throws `TaskError` (`input_unreachable`) for a file that is cut off, or coded in a way that is not read here. */
export function bareBmp(bytes: Uint8Array): BarePicture {
  const { width, height, profile } = readBmpHeader(bytes);
  return {
    bytes,
    orientation: 1,
    animated: false,
    lossy: false,
    recode: true,
    convert: { from: 'bmp', profile: profile && bareProfile(profile) },
    measures: { width, height },
  };
}
