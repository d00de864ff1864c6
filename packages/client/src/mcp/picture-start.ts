// Detects pictures by their first bytes: PNG, JPEG, GIF, WebP, TIFF, BMP, and the ISO containers of AVIF and HEIC.

import { Buffer } from 'node:buffer';

/** Number of first bytes that decide. */
export const startBytes = 16;

const starts = [
  /^\x89PNG\r\n/,
  /^\xFF\xD8\xFF/,
  /^GIF8/,
  /^RIFF....WEBP/s,
  /^(II[*+]\0|MM\0[*+])/,
  // The two letters are words of a text too; the four zeros behind the size are not.
  /^BM.{4}\0{4}/s,
  /^....ftyp(avi|hei|hev|mif|msf|miaf)/s,
];

export function beginsAsPicture(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, startBytes)).toString('latin1');
  return starts.some((start) => start.test(text));
}

/** Whether the text is base64 of a picture, without the start of a `data:` URI. */
export function isPictureInBase64(text: string): boolean {
  return beginsAsPicture(Buffer.from(text.slice(0, 64), 'base64'));
}
