// Mends JSON that a server wrote by putting texts together: base64 with the line feeds of its encoder inside a string, a number that is
// none, a warning of PHP before the value. Nothing is changed in what JSON allows.

import { Buffer } from 'node:buffer';

const space = 0x20;
const [open, close] = ['{', '}'].map((sign) => sign.charCodeAt(0)) as [number, number];
/** Python's encoder writes these. Base64 has none of the signs around them. */
const notNumbers = /(?<=[:,[]\s{0,9})-?(?:NaN|Infinity)(?=\s{0,9}[,}\]])/g;
/** A page may hold JSON of its own, which is no answer. */
const page = /^\s*<(?:!doctype|html|head|body|\?xml)\b/i;

/** Gives what the bytes may have been meant to be, one after the other, each to be parsed. Takes time that grows with their length. */
export function* mendedJson(bytes: Uint8Array): Generator<Buffer> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (page.test(all.toString('latin1', 0, 200))) return;
  const start = all.indexOf(open);
  const end = all.lastIndexOf(close) + 1;
  if (start < 0 || end <= start) return;
  const mended = Buffer.from(all.subarray(start, end));
  let isMended = mended.length < all.length;
  for (let at = 0; at < mended.length; at += 1) {
    if ((mended[at] as number) >= space) continue;
    // White space between values, and within base64.
    mended[at] = space;
    isMended = true;
  }
  if (isMended) yield mended;
  const text = mended.toString('latin1');
  const numbered = text.replaceAll(notNumbers, 'null');
  if (numbered.length !== text.length) yield Buffer.from(numbered, 'latin1');
}
