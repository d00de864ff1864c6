// The thread in which long and packed answers are opened: unpacked, parsed, and freed of their base64. What goes back to the event
// loop is small, or memory that moves.

import { Buffer } from 'node:buffer';
import { serveTasks } from '../lib/thread-tasks.ts';
import { unpack, UnpackedTooLargeError } from '../lib/unpack.ts';
import { parseJson } from './answer-json.ts';
import { pictureBytes } from './inline-picture.ts';
import type { InlinePicture, TextWithPictures } from './inline-picture.ts';
import type { ClosedAnswer, OpenedAnswer } from './open-answer.ts';
import { takePictures } from './pictures-in-text.ts';

/** In characters; shorter texts are left as they are. */
const longText = 64 * 2 ** 10;

/** How base64 begins, and what may be before it: to try it with a text that is none takes seconds. */
const beginning = /^\s{0,99}(?:data:|[\w+/-]{60})/i;

serveTasks(async ({ blocks, contentEncoding, maxBytes, isBinary }: ClosedAnswer) => {
  let bytes: Buffer;
  try {
    bytes = await unpack(Buffer.concat(blocks), contentEncoding, maxBytes);
  } catch (error) {
    if (error instanceof UnpackedTooLargeError) return { result: { isTooLarge: true } };
    throw error;
  }
  // Only memory of its own can move.
  const own = bytes.buffer.byteLength === bytes.length ? bytes : new Uint8Array(bytes);
  const json = isBinary ? undefined : withoutBase64(parseJson(own));
  const result: OpenedAnswer = { bytes: own, json };
  return { result, transfer: [...memoryOf(result)] };
});

/** The same JSON, its long texts as the bytes of the pictures that they are, as texts with pictures, or cut. */
function withoutBase64(value: unknown): unknown {
  if (typeof value === 'string') return value.length > longText ? withoutPictures(value) : value;
  if (Array.isArray(value)) return value.map(withoutBase64);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutBase64(each)]));
}

function withoutPictures(text: string): InlinePicture | TextWithPictures {
  const bytes = beginning.test(text) ? pictureBytes(text) : null;
  if (bytes !== null) return bytes;
  const { pictures, rest } = takePictures(text, { isData: true });
  if (pictures.length === 0) return cut(text);
  return { text: cut(rest), pictures: pictures.map((each) => pictureBytes(each) ?? '') };
}

/** Ends in a sign that base64 has not, lest the beginning of a damaged picture be taken for a whole one. */
function cut(text: string): string {
  return text.length <= longText ? text : `${text.slice(0, longText)} …`;
}

function* memoryOf(value: unknown): Generator<ArrayBuffer> {
  if (value instanceof Uint8Array) yield value.buffer as ArrayBuffer;
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) yield* memoryOf(each);
}
