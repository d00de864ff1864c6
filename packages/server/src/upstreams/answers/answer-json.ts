// Reads what an upstream answered as JSON, in the ways in which servers really write it: with a byte order mark, behind the line
// that keeps browsers from running it, as an event stream although nobody asked for one, or with faults that leave no doubt.

import { Buffer } from 'node:buffer';
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { mendedJson } from './mended-json.ts';

/** Far more than any answer has that makes a picture. */
const limits = { maxMembers: 50_000, maxDepth: 100, replaceBadBytes: true };
/** Far more than a stream has that draws one picture. */
const maxEvents = 5_000;
/** Of all events together. Counted by its signs, which base64 has not. */
const maxSigns = 200_000;
const signs = [',', '[', '{'].map((sign) => sign.charCodeAt(0));
/** Google's guard against being run as a script. */
const guardLine = ")]}'";
const byteOrderMark = '\xef\xbb\xbf';
const newline = 0x0a;

/**
 * The value that the bytes hold: of an event stream, or of a value on each line, that of the one there is, or a list of all.
 * `undefined` when they are no JSON: a gateway in front may well answer with HTML. An answer of too many members counts as none:
 * parsed, `[[],[],...]` takes twenty times its size, which could end the process.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marked = all.toString('latin1', 0, 3) === byteOrderMark ? all.subarray(3) : all;
  // Gateways send line feeds while they wait, and the answer then.
  const plain = marked.subarray(
    Math.max(
      0,
      marked.findIndex((byte) => byte > 0x20),
    ),
  );
  const start = plain.toString('latin1', 0, 200);
  if (/^(?:data|event|id|retry|):/.test(start)) return parseEvents(plain);
  const unguarded = start.startsWith(guardLine) ? plain.subarray(guardLine.length) : plain;
  const parsed = parseBoundedJson(unguarded, limits);
  if ('value' in parsed) return parsed.value;
  return parsed.fault === 'syntax' ? (parseLines(unguarded) ?? parseMended(unguarded)) : undefined;
}

function parse(bytes: Uint8Array): unknown {
  const parsed = parseBoundedJson(bytes, limits);
  if ('value' in parsed) return parsed.value;
  return parsed.fault === 'syntax' ? parseMended(bytes) : undefined;
}

function parseMended(bytes: Uint8Array): unknown {
  for (const mended of mendedJson(bytes)) {
    const parsed = parseBoundedJson(mended, limits);
    if ('value' in parsed) return parsed.value;
  }
  return undefined;
}

/** Of the events of a stream the last, which says how it ended; any other value is given back. */
export function lastEvent(json: unknown): unknown {
  return Array.isArray(json) ? json.at(-1) : json;
}

function isTooMuch(bytes: Buffer): boolean {
  return signs.some((sign) => hasMore(bytes, sign, maxSigns));
}

function hasMore(bytes: Buffer, sign: number, most: number): boolean {
  if (bytes.length <= most) return false;
  let at = -1;
  for (let count = 0; count <= most; count += 1) {
    at = bytes.indexOf(sign, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** A value on each line, as streams of other servers have it; `undefined` where some line has none. */
function parseLines(bytes: Buffer): unknown {
  const end = bytes.indexOf(newline);
  if (end < 0 || isTooMuch(bytes)) return undefined;
  const values: unknown[] = [];
  for (const line of linesOf(bytes.toString())) {
    if (line.trim() === '') continue;
    const parsed = parseBoundedJson(Buffer.from(line), limits);
    if (!('value' in parsed) || values.length === maxEvents) return undefined;
    values.push(parsed.value);
  }
  return values;
}

/**
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, but that lines of data which belong
 * to one event may be events themselves, and that what came behind comments may be no event at all.
 */
function parseEvents(bytes: Buffer): unknown {
  if (isTooMuch(bytes)) return undefined;
  const events: unknown[] = [];
  let count = 0;
  const read = (text: string): boolean => {
    // To find that an event is no JSON takes longer than to read one.
    count += 1;
    const value = count > maxEvents ? undefined : parse(Buffer.from(text));
    if (value !== undefined) events.push(value);
    return value !== undefined;
  };
  let data: string[] = [];
  const rest: string[] = [];
  for (const line of linesOf(bytes.toString())) {
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    else if (line !== '' && !/^(?:event|id|retry|):/.test(line)) rest.push(line);
    if (line !== '' || data.length === 0) continue;
    if (count > maxEvents) break;
    // `[DONE]`, which ends OpenAI's streams, is no JSON.
    if (!read(data.join('\n')) && data.length > 1) data.forEach(read);
    data = [];
  }
  if (events.length === 0) return parse(Buffer.from(rest.join('\n')));
  return events.length > 1 ? events : events[0];
}

/** And an empty one at the end, as the last event of a stream that was cut off counts all the same. */
function* linesOf(text: string): Generator<string> {
  const sign = text.includes('\n') ? '\n' : '\r';
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(sign, at);
    const line = end < 0 ? text.slice(at) : text.slice(at, end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    at = end < 0 ? text.length : end + 1;
  }
  yield '';
}
