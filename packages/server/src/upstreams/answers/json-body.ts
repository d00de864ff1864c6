// Writes JSON with pictures in it in pieces, so that neither 96 MB of base64 nor the text around it are ever made in one go. Pictures
// stand in the JSON as `Base64Text`, which only becomes text while it is sent.

import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';

/** A multiple of three bytes, so that the parts of the text can be put together; base64 of one takes a third of a millisecond. */
const stepBytes = 384 * 2 ** 10;

/** A text of JSON that is bytes in base64, perhaps behind something like `data:image/png;base64,`. */
export class Base64Text {
  readonly #bytes: Uint8Array;
  readonly #before: string;

  /** `before` has no sign that JSON escapes. */
  constructor(bytes: Uint8Array, before = '') {
    this.#bytes = bytes;
    this.#before = before;
  }

  get length(): number {
    return this.#before.length + Math.ceil(this.#bytes.length / 3) * 4;
  }

  *pieces(): Generator<Buffer> {
    yield Buffer.from(this.#before);
    for (let at = 0; at < this.#bytes.length; at += stepBytes) {
      const { buffer, byteOffset, length } = this.#bytes.subarray(at, at + stepBytes);
      // Only the view: the bytes may lie in a larger buffer.
      yield Buffer.from(Buffer.from(buffer, byteOffset, length).toString('base64'), 'latin1');
    }
  }

  /** All of it, for those who do not send it in pieces. */
  toString(): string {
    return Buffer.concat([...this.pieces()]).toString('latin1');
  }
}

/** The body, and its length in bytes. */
export function jsonBody(value: unknown): { body: string | AsyncIterable<Buffer>; length: number } {
  // No prompt holds it, and JSON does not escape it.
  const mark = randomUUID();
  const pictures: Base64Text[] = [];
  const text = JSON.stringify(value, (_name, each: unknown) => {
    if (!(each instanceof Base64Text)) return each;
    pictures.push(each);
    return mark;
  });
  if (pictures.length === 0) return { body: text, length: Buffer.byteLength(text) };
  const between = text.split(mark).map((part) => Buffer.from(part));
  const length = [...between, ...pictures].reduce((sum, part) => sum + part.length, 0);
  return { body: inPieces(between, pictures), length };
}

async function* inPieces(
  between: readonly Buffer[],
  pictures: readonly Base64Text[],
): AsyncGenerator<Buffer> {
  for (const [index, part] of between.entries()) {
    yield part;
    const picture = pictures[index];
    if (picture !== undefined) yield* picture.pieces();
  }
}
