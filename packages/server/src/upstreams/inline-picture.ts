// Writes an input picture into the JSON of a request.

import type { Picture } from '../core/upstream.ts';

export function base64Of({ bytes }: Pick<Picture, 'bytes'>): string {
  // Only the view: the bytes may lie in a larger buffer.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function dataUriOf(picture: Pick<Picture, 'bytes' | 'contentType'>): string {
  return `data:${picture.contentType};base64,${base64Of(picture)}`;
}
