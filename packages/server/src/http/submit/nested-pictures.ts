// Pictures deep inside the body of a face: chat messages, parts of contents, lists of objects. Each becomes its bytes, once, where that
// may take its time; the face then reads a JSON value that has no base64 in it any more.

import { isDataUri } from '../../lib/data-uri.ts';
import { type DecodeOptions, decodeBytes } from './picture-members.ts';

/** Names of the members that hold pictures, at any depth, themselves or as entries of a list. Crosses to a thread, so it is plain data. */
export interface NestedPictures {
  /** Members in which a `data:` URI is a picture and any other text is a link or an id; `all`: every member but a prompt. */
  uris: readonly string[] | 'all';
  /** Members that hold base64, or a `data:` URI. A link in one of them stays a text. */
  base64: readonly string[];
  /** Members in which nothing is a picture, and no member of them either. */
  plain?: readonly string[];
  /** Pictures of the body that are decoded at most. Default: 200, which is more than any model takes. */
  most?: number;
}

/** To decode thousands of small ones takes a while. */
const maxDecoded = 200;

interface Names {
  isUri: (name: string) => boolean;
  isBase64: (name: string) => boolean;
  isPlain: (name: string) => boolean;
}

/**
 * Puts a `Uint8Array` in the place of each picture, and an `Error` with a sentence in the place of one that can't be taken. Equal
 * pictures become the one `Uint8Array`. The depth and the number of members were bounded when the body was parsed.
 */
export function decodeNested(
  value: object,
  { uris, base64, plain = [], most = maxDecoded }: NestedPictures,
  options: DecodeOptions,
): void {
  const decoding = { ...options, known: new Map<string, Uint8Array>() };
  const uriNames = new Set(uris === 'all' ? [] : uris);
  const base64Names = new Set(base64);
  let left = most;
  const decode = (text: string) =>
    left-- > 0 ? decodeBytes(text, decoding) : new Error('is far more pictures than are taken');
  decodeMembers(value, '', decode, {
    isUri: (name) => (uris === 'all' ? name !== 'prompt' : uriNames.has(name)),
    isBase64: (name) => base64Names.has(name),
    isPlain: (name) => plain.includes(name),
  });
}

/** `listName` is the member that a list is the value of, whose name its entries go by. */
function decodeMembers(
  value: object,
  listName: string,
  decode: (text: string) => unknown,
  names: Names,
): void {
  const isList = Array.isArray(value);
  for (const [key, each] of Object.entries(value) as [string, unknown][]) {
    const name = isList ? listName : key;
    if (names.isPlain(name)) continue;
    if (typeof each === 'string') {
      const isPicture = names.isBase64(name)
        ? each.trim() !== '' && !/^\s*https?:/i.test(each)
        : names.isUri(name) && isDataUri(each);
      if (isPicture) (value as Record<string, unknown>)[key] = decode(each);
    } else if (typeof each === 'object' && each !== null) decodeMembers(each, name, decode, names);
  }
}
