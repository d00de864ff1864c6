// Pictures inside text: base64, alone or in a `data:` URI, as clients, upstreams and links have it. The media type that
// stands before it is not believed: the bytes are looked at later. Each reader looks at a character once or twice.

import { Buffer } from 'node:buffer';
import { decodePercents } from './percent-encoding.ts';

const uri = 'The data: URI';
/** A character of neither alphabet of base64 (RFC 4648, sections 4 and 5). */
const noDigit = /[^\w+/-]/;

/** How PNG, JPEG, GIF, WebP, AVIF and HEIC, TIFF and BMP begin in base64. */
export const pictureStart =
  /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|AAAA[\w+/]{2}Z0eX|SUkqA[A-P]|TU0AK[g-v]|Qk[\w+/]{6}AAAAA)/;
/** In characters of base64; no picture is smaller. */
export const minPictureLength = 60;

export function isDataUri(text: string): boolean {
  return /^\s*data:/i.test(text);
}

/** The bytes of base64 that may have the beginning of a `data:` URI before it, or a sentence that says what is wrong. */
export function readPictureText(text: string, maxBytes: number): Uint8Array | string {
  return isDataUri(text) ? parseDataUri(text, maxBytes) : decodeBase64(text, maxBytes);
}

/**
 * The bytes of a `data:` URI, or a sentence that says what is wrong with it. Takes base64 as `decodeBase64` does, and plain
 * percent-encoding; any media type and parameters. The size is judged before anything is decoded.
 */
export function parseDataUri(text: string, maxBytes: number): Uint8Array | string {
  const header = /^\s*data:([^,]{0,1000}),/i.exec(text);
  if (!header) return 'This is not a data: URI: it must begin with data: and have a comma before the data.';
  const payload = text.slice(header[0].length);
  const isBase64 = /;\s*base64\s*$/i.test(header[1] ?? '');
  return isBase64 ? decode(payload, maxBytes, uri) : decodePercent(payload, maxBytes);
}

/**
 * The bytes of base64 in the usual or the URL-safe alphabet, padded or not, its lines broken anywhere, perhaps
 * percent-encoded; or a sentence that says what is wrong with it. The size is judged before anything is decoded.
 */
export function decodeBase64(text: string, maxBytes: number): Uint8Array | string {
  return decode(text, maxBytes, 'The base64');
}

function decode(text: string, maxBytes: number, name: string): Uint8Array | string {
  if (isTooLong(text, maxBytes)) return tooLarge(maxBytes, name);
  let digits = withoutPadding(text);
  if (noDigit.test(digits)) digits = withoutPadding(compact(text));
  if (noDigit.test(digits)) return `${name} holds characters that are not base64.`;
  if (digits.length === 0) return `${name} is empty.`;
  if (digits.length % 4 === 1) return `${name} was cut off: its last digit belongs to no byte.`;
  if (Math.floor((digits.length * 3) / 4) > maxBytes) return tooLarge(maxBytes, name);
  return Buffer.from(digits, 'base64');
}

/** A byte takes at most three characters (%41); base64 takes fewer, however its lines are wrapped. */
function isTooLong({ length }: string, maxBytes: number): boolean {
  return length > maxBytes * 3 + 3;
}

function withoutPadding(text: string): string {
  if (text.endsWith('==')) return text.slice(0, -2);
  return text.endsWith('=') ? text.slice(0, -1) : text;
}

/** Without white space and percent-encoding. `replaceAll` takes 4 s for 64 MiB in which each second character is a line feed. */
function compact(text: string): string {
  const bytes = decodePercents(Buffer.from(text.trim()));
  let length = 0;
  for (const byte of bytes) {
    if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
    bytes[length] = byte;
    length += 1;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
}

function decodePercent(payload: string, maxBytes: number): Uint8Array | string {
  if (isTooLong(payload, maxBytes)) return tooLarge(maxBytes, uri);
  const bytes = decodePercents(Buffer.from(payload.trim()));
  if (bytes.length > maxBytes) return tooLarge(maxBytes, uri);
  return bytes.length === 0 ? `${uri} is empty.` : bytes;
}

function tooLarge(maxBytes: number, name: string): string {
  return `${name} holds more than the ${maxBytes} bytes that one picture may have.`;
}
