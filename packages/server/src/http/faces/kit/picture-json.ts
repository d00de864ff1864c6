// JSON answers with pictures in base64. A picture goes from the picture store to the connection piece by piece, and the length of the whole
// is known before the first byte: four pictures of 20 MB take no memory that anybody notices.

import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';
import { jsonType } from '../../answer.ts';
import { hangUpOnSilence } from '../../pictures/slow-reader.ts';

export type PictureReads = Pick<PictureStore, 'read' | 'size'>;

/** Text of an answer in the making, or a picture whose base64 stands between two texts. */
type Part = string | { source: PictureText['source']; bytes: number };

/** Member of an answer whose value is a picture in base64. */
export class PictureText {
  /** Key in the picture store, or the bytes. */
  readonly source: string | Uint8Array;
  /** Text before the base64, such as the beginning of a `data:` URI. */
  readonly before: string;

  constructor(source: string | Uint8Array, before = '') {
    this.source = source;
    this.before = before;
  }
}

/** JSON with pictures, ready to be sent. */
export interface PictureJson {
  /** In bytes. */
  length: number;
  /** Gives the bytes. Fails where a picture is deleted meanwhile. */
  pieces(): AsyncGenerator<Buffer>;
}

/**
 * Prepares the JSON of `value`, in which members may be `PictureText`. Rejects with `RequestError` (`not_found`) where a picture is
 * no longer stored.
 */
export async function pictureJson(value: unknown, pictures: PictureReads): Promise<PictureJson> {
  const parts = await Promise.all(
    split(value).map(async (part): Promise<Part> => {
      if (typeof part === 'string') return part;
      const { source } = part;
      const bytes = typeof source === 'string' ? await pictures.size(source) : source.length;
      if (bytes === null) throw gone();
      return { source, bytes };
    }),
  );
  const lengths = parts.map((part) =>
    typeof part === 'string' ? Buffer.byteLength(part) : 4 * Math.ceil(part.bytes / 3),
  );
  return {
    length: lengths.reduce((sum, each) => sum + each, 0),
    async *pieces() {
      for (const part of parts)
        if (typeof part === 'string') yield Buffer.from(part);
        else if (typeof part.source === 'string') yield* inBase64(pictures.read(part.source), part.bytes);
        else yield* inBase64(inSteps(part.source), part.bytes);
    },
  };
}

/** Answers with JSON and its exact length. Rejects with `RequestError` before anything is sent. */
export async function sendPictureJson(
  reply: FastifyReply,
  value: unknown,
  pictures: PictureReads,
): Promise<FastifyReply> {
  const { length, pieces } = await pictureJson(value, pictures);
  hangUpOnSilence(reply);
  return reply
    .header('Cache-Control', 'no-store')
    .header('Content-Length', length)
    .type(jsonType)
    .send(Readable.from(pieces(), { objectMode: false }));
}

/** Texts of the JSON, with the pictures between them. */
function split(value: unknown): (string | PictureText)[] {
  const found: PictureText[] = [];
  // Made anew for each answer, so that no text of a client's can hold it.
  const mark = randomUUID();
  const text = JSON.stringify(value, (_name, member: unknown) =>
    member instanceof PictureText ? `${member.before}${mark}${found.push(member) - 1}${mark}` : member,
  );
  return text.split(mark).map((piece, index) => (index % 2 === 0 ? piece : found[Number(piece)]!));
}

/** A multiple of three bytes; base64 of one takes a third of a millisecond. */
const stepBytes = 384 * 2 ** 10;

function* inSteps(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += stepBytes) {
    const { buffer, byteOffset, length } = bytes.subarray(at, at + stepBytes);
    yield Buffer.from(buffer, byteOffset, length);
  }
}

/** Base64 of pieces that have just so many bytes; fails where they have others. */
async function* inBase64(pieces: Readable | Iterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let seen = 0;
  for await (const chunk of pieces as AsyncIterable<Buffer>) {
    seen += chunk.length;
    const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = joined.length - (joined.length % 3);
    rest = joined.subarray(whole);
    if (whole > 0) yield Buffer.from(joined.toString('base64', 0, whole), 'latin1');
  }
  if (seen !== bytes) throw new Error(`A stored picture has ${seen} bytes instead of ${bytes}.`);
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1');
}

function gone(): RequestError {
  return new RequestError('not_found', 'The picture was deleted.');
}
