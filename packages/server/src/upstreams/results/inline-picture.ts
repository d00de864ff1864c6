// Pictures inside JSON: an input written into a request, a result read out of an answer.

import { z } from 'zod';
import type { Picture } from '../../core/upstreams/upstream.ts';
import { pictureStart, readPictureText } from '../../lib/data-uri.ts';
import { Base64Text } from '../answers/json-body.ts';

/**
 * A picture as an answer holds it: base64 or a `data:` URI; or its bytes, where the answer was long and its pictures were unpacked
 * while it was read.
 */
export type InlinePicture = string | Uint8Array;

/** For the members of an answer that may be a picture, or a link to one. */
export const inlinePicture = z.union([z.string(), z.instanceof(Uint8Array)]);

/** Ends of addresses that lead to the file of a picture. */
export const pictureFile = /\.(?:png|jpe?g|jfif|webp|gif|avif|heic|heif|bmp|tiff?|svg)(?:[?#]|$)/i;

export function beginsAsPicture(bytes: Buffer): boolean {
  return pictureStart.test(bytes.toString('base64', 0, 12));
}

/** Bytes that no picture passes: all that an upstream sent is bounded by the size of its answer. */
const maxBytes = 256 * 2 ** 20;

/** The bytes, not yet looked at; `null` for what is neither base64 nor a `data:` URI. */
export function pictureBytes(given: InlinePicture): Uint8Array | null {
  if (typeof given !== 'string') return given.length > 0 ? given : null;
  const bytes = readPictureText(given, maxBytes);
  return typeof bytes === 'string' ? null : bytes;
}

/** A long text that had `data:` URIs of pictures in it, taken apart. Its pictures are `''` where they are damaged. */
export interface TextWithPictures {
  text: string;
  pictures: InlinePicture[];
}

export function base64Of({ bytes }: Pick<Picture, 'bytes'>): Base64Text {
  return new Base64Text(bytes);
}

export function dataUriOf({ bytes, contentType }: Pick<Picture, 'bytes' | 'contentType'>): Base64Text {
  return new Base64Text(bytes, `data:${contentType};base64,`);
}
