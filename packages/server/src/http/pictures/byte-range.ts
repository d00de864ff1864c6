// The `Range` header of a request for a picture (RFC 9110, section 14). Several ranges at once are answered with the
// whole picture, which the RFC allows and which spares a multipart body that no picture client needs.

import type { ByteRange } from '../../core/pictures/picture-store.ts';

/**
 * The range to send of `size` bytes. `none`: send the whole (no header, another unit, several ranges, malformed);
 * `unsatisfiable`: nothing of it lies within the picture.
 */
export function parseRange(header: string | undefined, size: number): 'none' | 'unsatisfiable' | ByteRange {
  const match = /^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i.exec(header ?? '');
  if (!match) return 'none';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'none';
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'none';

  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start < size ? { start, end } : 'unsatisfiable';
}
