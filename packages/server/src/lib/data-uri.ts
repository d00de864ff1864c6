// Pictures inside a `data:` URI. The media type in it is not believed: the bytes are looked at later.

import { Buffer } from 'node:buffer';

/**
 * The bytes of a `data:` URI, or a sentence that says what is wrong with it. Takes base64 (also in the URL-safe
 * alphabet, unpadded, wrapped or percent-encoded) and plain percent-encoding; any media type and parameters.
 * The size is judged before anything is decoded.
 */
export function parseDataUri(text: string, maxBytes: number): Uint8Array | string {
  const header = /^\s*data:([^,]{0,1000}),/i.exec(text);
  if (!header) return 'This is not a data: URI: it must begin with data: and have a comma before the data.';
  const payload = text.slice(header[0].length);
  // A byte takes at most three characters (%41); base64 takes fewer, however its lines are wrapped.
  if (payload.length > maxBytes * 3 + 3) return tooLarge(maxBytes);
  const isBase64 = /;\s*base64\s*$/i.test(header[1] ?? '');
  return isBase64 ? decodeBase64(payload, maxBytes) : decodePercent(payload, maxBytes);
}

function decodeBase64(payload: string, maxBytes: number): Uint8Array | string {
  const unescaped = payload.includes('%') ? latin1(percentDecoded(payload)) : payload;
  const digits = unescaped.replaceAll(/\s+/g, '').replace(/={1,2}$/, '');
  const size = Math.floor((digits.length * 3) / 4);
  if (size > maxBytes) return tooLarge(maxBytes);
  const bytes = Buffer.from(digits, 'base64');
  // The decoder skips what is no base64, so a shorter result is how a wrong character shows.
  if (digits.length % 4 === 1 || bytes.length !== size)
    return 'The data: URI holds characters that are not base64, or was cut off.';
  return bytes.length === 0 ? 'The data: URI is empty.' : bytes;
}

function decodePercent(payload: string, maxBytes: number): Uint8Array | string {
  const bytes = percentDecoded(payload.trim());
  if (bytes.length > maxBytes) return tooLarge(maxBytes);
  return bytes.length === 0 ? 'The data: URI is empty.' : bytes;
}

/** As URLs are decoded: `%` without two hex digits behind it stands for itself. */
function percentDecoded(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const escaped = bytes[at] === 0x25 ? hexDigit(bytes[at + 1]) * 16 + hexDigit(bytes[at + 2]) : NaN;
    if (!Number.isNaN(escaped)) at += 2;
    bytes[length] = Number.isNaN(escaped) ? (bytes[at] ?? 0) : escaped;
    length += 1;
  }
  return bytes.subarray(0, length);
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NaN;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function tooLarge(maxBytes: number): string {
  return `The data: URI holds more than the ${maxBytes} bytes that one picture may have.`;
}
