// Forms, by https://url.spec.whatwg.org/#urlencoded-parsing. Node's own parser takes 7 s for 64 MiB of plus signs.

import { Buffer } from 'node:buffer';
import { RequestError } from '../../core/errors.ts';
import { decodePercents } from '../../lib/percent-encoding.ts';
import { addField, emptyFields, type Fields, maxFields } from './body-fields.ts';

const ampersand = 0x26;
const plus = 0x2b;
const percent = 0x25;
const equals = 0x3d;
const space = 0x20;

/** Throws `RequestError` (`invalid_request`). */
export function parseForm(bytes: Buffer): Fields {
  const fields = emptyFields();
  let count = 0;
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(ampersand, start);
    const end = found < 0 ? bytes.length : found;
    count += 1;
    if (count > maxFields)
      throw new RequestError('invalid_request', `The form has more than ${maxFields} fields.`);
    if (end > start) {
      const pair = bytes.subarray(start, end);
      const sign = pair.indexOf(equals);
      const nameEnd = sign < 0 ? pair.length : sign;
      addField(fields, decoded(pair.subarray(0, nameEnd)), decoded(pair.subarray(nameEnd + 1)));
    }
    start = end + 1;
  }
  return fields;
}

function decoded(bytes: Buffer): string {
  const isPlain = !bytes.includes(plus) && !bytes.includes(percent);
  return (isPlain ? bytes : decodePercents(withSpaces(bytes))).toString('utf8');
}

function withSpaces(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(plus); at >= 0 && at < copy.length; at += 1)
    if (copy[at] === plus) copy[at] = space;
  return copy;
}
