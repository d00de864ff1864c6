// Reads of EXIF data which way up the picture is.

import { openExif, valueAt } from './exif-directory.ts';

const orientationTag = 0x0112;

/**
 * 1 to 8 as EXIF counts (CIPA DC-008-2023, 4.6.5.1.6); 1, upright, where the data say nothing or are broken.
 * `exif` begins with the TIFF header, `II` or `MM`.
 */
export function exifOrientation(exif: Uint8Array): number {
  const opened = openExif(exif);
  const at = opened && valueAt(opened, opened.first, orientationTag);
  const value = at === undefined ? undefined : opened?.short(at);
  return value !== undefined && value >= 1 && value <= 8 ? value : 1;
}

/** Steps that make the stored picture upright: mirrored left to right, and after that turned clockwise by degrees. */
export function turnOf(orientation: number): { mirror: boolean; angle: number } {
  const angles = [0, 0, 180, 180, 270, 90, 90, 270];
  return { mirror: [2, 4, 5, 7].includes(orientation), angle: angles[orientation - 1] ?? 0 };
}
