// Parses the bytes of a body into fields and files. Clients send JSON, forms, multipart with files, and JSON under the content type of
// another. The time grows with the size of the body, so large ones are parsed in a thread.

import { Buffer, isUtf8 } from 'node:buffer';
import { RequestError } from '../../core/errors.ts';
import { type JsonFault, parseBoundedJson } from '../../lib/bounded-json.ts';
import type { Body, Fields } from './body-fields.ts';
import { boundMembers } from '../submit/bound-members.ts';
import { requestHash } from '../submit/idempotency.ts';
import { parseForm } from './parse-form.ts';
import { boundaryOf, parseMultipart } from './parse-multipart.ts';
import { decodeNested, type NestedPictures } from '../submit/nested-pictures.ts';
import { decodePictures } from '../submit/picture-members.ts';

export interface ParseOptions {
  contentType: string;
  /** True where a body may be a picture itself, as a file without a name. */
  takesPictures?: boolean;
  /** True where the body is a picture or a piece of one, whatever its content type says: it is a file without a name. */
  asBytes?: boolean;
  /** True where the body is read as JSON of any kind, and no fields are made of it. */
  asValue?: boolean;
  /** Places of pictures in a body of a face, at any depth. Default: the members of a submit, of the body and of its tasks. */
  pictures?: NestedPictures;
  /** Most bytes of one picture in a `data:` URI. */
  maxPictureBytes?: number;
  maxMembers?: number;
  /** Members that are read, of the body and of its tasks; others keep only their names. Default: all. */
  wanted?: ReadonlySet<string>;
  /** Path of the request. With it, the `requestHash` is computed. */
  hashFor?: string | undefined;
}

/** Maximal number of members. A batch of a thousand tasks with all members has fewer. */
const defaultMaxMembers = 150_000;
const deepest = 32;
const defaultPictureBytes = 2 ** 20;

/** Parses a body. Throws `RequestError` (`invalid_request`, `unsupported_media`). */
export function parseBody(bytes: Buffer, options: ParseOptions): Body {
  const { contentType, takesPictures = false, hashFor, maxPictureBytes = defaultPictureBytes } = options;
  if (options.asValue === true)
    return { fields: {}, files: [], value: parseJson(bytes, options.maxMembers ?? defaultMaxMembers) };
  if (options.asBytes === true) return { fields: {}, files: [{ name: '', bytes }] };
  if (takesPictures && isPicture(bytes, contentType)) return { fields: {}, files: [{ name: '', bytes }] };
  const content = withoutMark(bytes);
  const body = parseByType(content, options);
  const hashed = hashFor === undefined ? {} : { requestHash: requestHash(hashFor, body) };
  if (options.pictures !== undefined)
    decodeNested(body.fields, options.pictures, { maxBytes: maxPictureBytes });
  else decodePictures(body.fields, { maxBytes: maxPictureBytes, isForm: isForm(content, contentType) });
  boundMembers(body.fields, options.wanted);
  return { ...body, ...hashed };
}

/**
 * True where the body is meant to be a picture, by its content type. Without a type, or under the one that curl gives to any file, the
 * first bytes must be no text.
 */
function isPicture(bytes: Buffer, contentType: string): boolean {
  const type = mediaType(contentType);
  if (type.startsWith('image/') || type === 'application/octet-stream') return true;
  return (type === '' || type === formType) && !isUtf8(bytes);
}

const formType = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data';

/** True for multipart with a boundary; without one the body can't be multipart, whatever its type says. */
export function isMultipart(contentType: string): boolean {
  return mediaType(contentType) === multipart && boundaryOf(contentType) !== '';
}

function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function parseByType(bytes: Buffer, { contentType, maxMembers = defaultMaxMembers }: ParseOptions): Body {
  const type = mediaType(contentType);
  if (isMultipart(contentType) || (type === multipart && !looksLikeJson(bytes)))
    return parseMultipart(bytes, contentType);
  const isJson = type === '' || type.endsWith('json') || looksLikeJson(bytes);
  if (isForm(bytes, contentType)) {
    if (!isUtf8(bytes)) throw noUtf8();
    return { fields: parseForm(bytes), files: [] };
  }
  if (!isJson)
    throw new RequestError(
      'unsupported_media',
      `A body of type ${JSON.stringify(type.slice(0, 80))} is not taken. Send application/json, a form, or multipart/form-data.`,
    );
  return { fields: parseObject(bytes, maxMembers), files: [] };
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isForm(bytes: Buffer, contentType: string): boolean {
  return mediaType(contentType) === formType && !looksLikeJson(bytes);
}

/** True for JSON, which clients send under the types of forms and of text too. A form would escape the opening brace. */
function looksLikeJson(bytes: Buffer): boolean {
  let at = 0;
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at += 1;
  return bytes[at] === 0x7b;
}

function parseJson(bytes: Buffer, maxMembers: number): unknown {
  const parsed = parseBoundedJson(bytes, { maxMembers, maxDepth: deepest });
  if ('fault' in parsed) throw unreadable(parsed, maxMembers);
  return parsed.value;
}

function parseObject(bytes: Buffer, maxMembers: number): Fields {
  const value = parseJson(bytes, maxMembers);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RequestError('invalid_request', 'The body must be a JSON object.', {
      details: [{ path: '', message: 'must be an object' }],
    });
  return value as Fields;
}

function unreadable({ fault, position }: JsonFault, maxMembers: number): RequestError {
  if (fault === 'encoding') return noUtf8();
  const sentences = {
    members: `The body has more than ${maxMembers.toLocaleString('en')} members in all its objects and lists.`,
    depth: `The body has objects and lists in more than ${deepest} levels.`,
    empty: 'The body is empty. Send a JSON object: members are not read from the query string.',
    'cut off': 'The body is not valid JSON: it ends too early.',
    syntax: `The body is not valid JSON${position === undefined ? '' : `: it breaks at character ${position}`}.`,
  };
  return new RequestError('invalid_request', sentences[fault]);
}

function noUtf8(): RequestError {
  return new RequestError('invalid_request', 'The body is not valid UTF-8.');
}
