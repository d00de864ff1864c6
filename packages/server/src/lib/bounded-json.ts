// JSON from outside, counted before it is parsed: `[[],[],…]` takes thirty times its size and minutes of the garbage collector,
// whatever limit the bytes have. https://www.rfc-editor.org/rfc/rfc8259

import { Buffer } from 'node:buffer';

export interface JsonLimits {
  /** Values in all objects and arrays together. A hundred thousand take 20 ms and some megabytes. */
  maxMembers: number;
  /** Objects and arrays inside one another. */
  maxDepth: number;
  /** Whether bytes that are no UTF-8 become U+FFFD, as in `Buffer.toString`, and are no fault. */
  replaceBadBytes?: boolean;
}

/** `cut off`: the text ends before the value does. */
export type JsonFault = {
  fault: 'members' | 'depth' | 'encoding' | 'empty' | 'cut off' | 'syntax';
  /** Where the syntax is broken, in characters, as far as the parser says. */
  position?: number;
};

export type BoundedJson = { value: unknown } | JsonFault;

/**
 * The value that the bytes hold, or why there is none. Takes a byte order mark, and UTF-16 where one says so. Its time is linear:
 * 64 MiB take about 0.1 s until they are counted, and 0.2 s more until they are parsed.
 */
export function parseBoundedJson(given: Uint8Array, limits: JsonLimits): BoundedJson {
  const bytes = toUtf8(Buffer.from(given.buffer, given.byteOffset, given.byteLength));
  if (bytes === null) return { fault: 'encoding' };
  const tooMuch = countMembers(bytes, limits);
  if (tooMuch !== null) return { fault: tooMuch };
  let text: string;
  try {
    text = limits.replaceBadBytes === true ? bytes.toString('utf8') : utf8.decode(bytes);
  } catch {
    return { fault: 'encoding' };
  }
  return parseText(text);
}

function parseText(text: string): BoundedJson {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (text.trim() === '') return { fault: 'empty' };
    const message = error instanceof Error ? error.message : '';
    if (/^(?:Unexpected end|Unterminated string)/.test(message)) return { fault: 'cut off' };
    // The position only: the parser's own message quotes the text.
    const position = /at position (\d+)/.exec(message)?.[1];
    return { fault: 'syntax', ...(position === undefined ? {} : { position: Number(position) }) };
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Without the byte order mark; `null` for what is no UTF-16 although its mark says so. */
function toUtf8(bytes: Buffer): Buffer | null {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return bytes.subarray(3);
  const label =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : null;
  if (label === null) return bytes;
  try {
    return Buffer.from(new TextDecoder(label, { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
/** `{` and `}`. `[` and `]` are these without one bit. */
const open = 0x7b;
const close = 0x7d;
const bracketBit = 0x20;

/**
 * Reads signs outside strings only: a prompt may have any number of commas. What is no JSON may be counted wrongly, which the
 * parser then says.
 */
function countMembers(bytes: Buffer, { maxMembers, maxDepth }: JsonLimits): 'members' | 'depth' | null {
  // A member has two strings at most, its name and its value.
  let strings = 2 * maxMembers + 2;
  let members = maxMembers;
  let depth = maxDepth;
  const { length } = bytes;
  for (let at = 0; at < length; at += 1) {
    const sign = bytes[at] as number;
    // White space comes before all the others: a body may have 64 MiB of it.
    if (sign < quote) continue;
    if (sign === quote) {
      at = endOfString(bytes, at + 1);
      strings -= 1;
      if (strings < 0) return 'members';
    } else if (sign === comma) {
      members -= 1;
      if (members < 0) return 'members';
    } else if ((sign | bracketBit) === open) {
      members -= 1;
      depth -= 1;
      if (depth < 0) return 'depth';
      if (members < 0) return 'members';
    } else if ((sign | bracketBit) === close) depth += 1;
  }
  return null;
}

/** Where the quotation mark is that ends the string; the end of the bytes where there is none. */
function endOfString(bytes: Buffer, start: number): number {
  // Nearly every string has no escaped quotation mark, and 60 MB of base64 are then one native search.
  const end = bytes.indexOf(quote, start);
  if (end < 0) return bytes.length;
  if (bytes[end - 1] !== backslash) return end;
  let at = start;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
