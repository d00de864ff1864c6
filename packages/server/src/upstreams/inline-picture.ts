// Pictures inside JSON: an input written into a request, a result read out of an answer.

import { z } from 'zod';
import type { Picture } from '../core/upstream.ts';
import { readPictureText } from '../lib/data-uri.ts';

/**
 * A picture as an answer holds it: base64 or a `data:` URI; or its bytes, where the answer was long and its pictures were unpacked
 * while it was read.
 */
export type InlinePicture = string | Uint8Array;

/** For the members of an answer that may be a picture, or a link to one. */
export const inlinePicture = z.union([z.string(), z.instanceof(Uint8Array)]);

/** What an upstream sent is bounded by the size of its answer. */
const mostBytes = 256 * 2 ** 20;

/** The bytes, not yet looked at; `null` for what is neither base64 nor a `data:` URI. */
export function pictureBytes(given: InlinePicture): Uint8Array | null {
  if (typeof given !== 'string') return given.length > 0 ? given : null;
  const bytes = readPictureText(given, mostBytes);
  return typeof bytes === 'string' ? null : bytes;
}

export function base64Of({ bytes }: Pick<Picture, 'bytes'>): string {
  // Only the view: the bytes may lie in a larger buffer.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function dataUriOf(picture: Pick<Picture, 'bytes' | 'contentType'>): string {
  return `data:${picture.contentType};base64,${base64Of(picture)}`;
}
