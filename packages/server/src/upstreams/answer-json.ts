// Reads what an upstream answered as JSON, in the ways in which servers really write it: with a byte order mark, behind the line
// that keeps browsers from running it, or as an event stream although nobody asked for one.

import { Buffer } from 'node:buffer';
import { parseBoundedJson } from '../lib/bounded-json.ts';

/** Far more than any answer has that makes a picture. */
const limits = { maxMembers: 50_000, maxDepth: 100, replaceBadBytes: true };
/** Far more than a stream has that draws one picture. */
const mostEvents = 5_000;
/** Of all events together. Counted by its signs, which base64 has not. */
const mostSigns = 200_000;
const signs = [',', '[', '{'].map((sign) => sign.charCodeAt(0));
/** Google's guard against being run as a script. */
const guardLine = ")]}'";
const byteOrderMark = '\xef\xbb\xbf';

/**
 * The value that the bytes hold: of an event stream that of its one event, or a list of those of its events. `undefined` when they
 * are no JSON: a gateway in front may well answer with HTML. An answer of too many members counts as none: parsed, `[[],[],...]`
 * takes twenty times its size, which could end the process.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = all.toString('latin1', 0, 3) === byteOrderMark ? all.subarray(3) : all;
  const start = plain.toString('latin1', 0, 200);
  if (/^\s{0,99}(?:data|event|id|retry|):/.test(start)) return parseEvents(plain);
  return parse(start.startsWith(guardLine) ? plain.subarray(guardLine.length) : plain);
}

function parse(bytes: Uint8Array): unknown {
  const parsed = parseBoundedJson(bytes, limits);
  return 'value' in parsed ? parsed.value : undefined;
}

/** Of the events of a stream the last, which says how it ended; any other value is given back. */
export function lastEvent(json: unknown): unknown {
  return Array.isArray(json) ? json.at(-1) : json;
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

/** Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function parseEvents(bytes: Buffer): unknown {
  if (signs.some((sign) => hasMore(bytes, sign, mostSigns))) return undefined;
  const events: unknown[] = [];
  let data: string[] = [];
  let count = 0;
  for (const line of linesOf(bytes.toString())) {
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    if (line !== '' || data.length === 0) continue;
    // To find that an event is no JSON takes longer than to read one.
    if (++count > mostEvents) break;
    const value = parse(Buffer.from(data.join('\n')));
    // `[DONE]`, which ends OpenAI's streams, is no JSON.
    if (value !== undefined) events.push(value);
    data = [];
  }
  return events.length > 1 ? events : events[0];
}

/** And an empty one at the end, as the last event of a stream that was cut off counts all the same. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const line = end < 0 ? text.slice(at) : text.slice(at, end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    at = end < 0 ? text.length : end + 1;
  }
  yield '';
}
