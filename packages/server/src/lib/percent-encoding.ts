// Percent-encoding, as URLs and forms have it. https://url.spec.whatwg.org/#percent-decode

import type { Buffer } from 'node:buffer';

const percent = 0x25;

/** Decodes in place, and gives the part that is used then. `%` without two hex digits behind it stands for itself. */
export function decodePercents(bytes: Buffer): Buffer {
  let length = bytes.indexOf(percent);
  if (length < 0) return bytes;
  for (let at = length; at < bytes.length; at += 1) {
    const escaped = bytes[at] === percent ? hexDigit(bytes[at + 1]) * 16 + hexDigit(bytes[at + 2]) : -1;
    if (escaped >= 0) at += 2;
    bytes[length] = escaped >= 0 ? escaped : (bytes[at] as number);
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** Far below zero for what is none, so that no sum with it is a byte. */
function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1_000;
}
