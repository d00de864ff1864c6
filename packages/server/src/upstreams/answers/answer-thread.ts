// The thread in which long and packed answers are opened: unpacked, parsed, and freed of their base64. What goes back to the event
// loop is small, or memory that moves.

import { Buffer } from 'node:buffer';
import { serveTasks } from '../../lib/threads/thread-tasks.ts';
import { unpack, UnpackedTooLargeError } from '../../lib/unpack.ts';
import { parseJson } from './answer-json.ts';
import { pictureBytes } from '../results/inline-picture.ts';
import type { InlinePicture, TextWithPictures } from '../results/inline-picture.ts';
import type { ClosedAnswer, OpenedAnswer } from './open-answer.ts';
import { takePictures } from '../results/pictures-in-text.ts';

/** In characters; shorter texts are left as they are. */
const longText = 64 * 2 ** 10;
/** Of all texts together, which cross to the event loop and are looked through there. Beyond it only short ones are left as they are. */
const maxText = 4 * 2 ** 20;
const shortText = 100;

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
  const json = isBinary ? undefined : createReader()(parseJson(own));
  const result: OpenedAnswer = { bytes: own, json };
  return { result, transfer: [...memoryOf(result)] };
});

/** Gives JSON with its long texts as the bytes of the pictures that they are, as texts with pictures, or cut. */
function createReader(): (value: unknown) => unknown {
  let room = maxText;
  function readText(text: string): InlinePicture | TextWithPictures {
    const read = text.length > longText ? withoutPictures(text) : text;
    if (typeof read !== 'string') return read;
    room -= read.length;
    return room < 0 ? cut(read, shortText) : read;
  }
  return function read(value: unknown): unknown {
    if (typeof value === 'string') return readText(value);
    if (Array.isArray(value)) return value.map(read);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, read(each)]));
  };
}

function withoutPictures(text: string): InlinePicture | TextWithPictures {
  const bytes = beginning.test(text) ? pictureBytes(text) : null;
  if (bytes !== null) return bytes;
  const { pictures, rest } = takePictures(text, { isData: true });
  if (pictures.length === 0) return cut(text, longText);
  return { text: cut(rest, longText), pictures: pictures.map((each) => pictureBytes(each) ?? '') };
}

/** Ends in a sign that base64 has not, lest the beginning of a damaged picture be taken for a whole one. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)} …`;
}

function* memoryOf(value: unknown): Generator<ArrayBuffer> {
  if (value instanceof Uint8Array) yield value.buffer as ArrayBuffer;
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) yield* memoryOf(each);
}
