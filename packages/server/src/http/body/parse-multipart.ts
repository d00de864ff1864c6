// Parser of multipart/form-data, by https://www.rfc-editor.org/rfc/rfc7578. A linear search for the boundary, which stops where the body
// has more parts than it may.

import { Buffer } from 'node:buffer';
import { RequestError } from '../../core/errors.ts';
import { addField, type BodyFile, emptyFields, fieldName, type Fields, maxFields } from './body-fields.ts';
import { readParameters } from '../queries/header-parameters.ts';
import { isTextMember } from '../submit/submit-names.ts';

/** Maximal length of a boundary. RFC 2046 allows 70; some clients make longer ones. */
const maxBoundaryLength = 200;
const maxHeadLength = 16_384;
const dash = 0x2d;
const lineFeed = 0x0a;

/** Boundary in the content type of the body; `''` where it has none. */
export function boundaryOf(contentType: string): string {
  return readParameters(contentType).parameters['boundary'] ?? '';
}

/** Parses a body. `contentType` is its header. Files are views of `bytes`. Throws `RequestError` (`invalid_request`). */
export function parseMultipart(bytes: Buffer, contentType: string): { fields: Fields; files: BodyFile[] } {
  const boundary = boundaryOf(contentType);
  if (boundary === '' || boundary.length > maxBoundaryLength)
    throw malformed('its type has no boundary, or one that is too long');
  const fields = emptyFields();
  const files: BodyFile[] = [];
  for (const part of splitParts(bytes, boundary)) {
    const { name, isFile, fileName, charset } = readHead(part.head);
    if (isFile) {
      // A file field that a browser's form left empty is no file.
      if (part.content.length > 0)
        files.push({
          name: fieldName(name ?? ''),
          bytes: part.content,
          ...(fileName !== undefined && { fileName }),
        });
    } else if (name !== undefined) addField(fields, name, textOf(part.content, charset));
  }
  return { fields, files };
}

interface Part {
  head: string;
  content: Buffer;
}

function splitParts(bytes: Buffer, boundary: string): Part[] {
  const dashes = Buffer.from(`--${boundary}`, 'latin1');
  const first = firstLine(bytes, dashes);
  let at = first < 0 ? -1 : first + dashes.length;
  const lineBreak = endOfLine(bytes, at);
  const delimiter = Buffer.concat([Buffer.from(lineBreak), dashes]);
  const parts: Part[] = [];
  for (;;) {
    if (at < 0) throw malformed('its last boundary is missing');
    if (bytes[at] === dash && bytes[at + 1] === dash) return parts;
    if (parts.length === maxFields) throw malformed(`it has more than ${maxFields} parts`);
    const end = bytes.indexOf(delimiter, at);
    parts.push(splitPart(bytes.subarray(at, end < 0 ? at : end), lineBreak));
    at = end < 0 ? -1 : end + delimiter.length;
  }
}

/** Finds the start of the first line that begins with `dashes`, at the very beginning or behind a preamble; -1 where there is none. */
function firstLine(bytes: Buffer, dashes: Buffer): number {
  if (bytes.subarray(0, dashes.length).equals(dashes)) return 0;
  const found = bytes.indexOf(Buffer.concat([Buffer.of(lineFeed), dashes]));
  return found < 0 ? -1 : found + 1;
}

/** Finds the line ending of the body, by the line at `at`: clients that build a body by hand end lines as text files do. */
function endOfLine(bytes: Buffer, at: number): '\r\n' | '\n' {
  let end = Math.max(0, at);
  while (bytes[end] === 0x20 || bytes[end] === 0x09) end += 1;
  return bytes[end] === lineFeed ? '\n' : '\r\n';
}

/** Splits the part behind a boundary into its head and its content, which an empty line separates. */
function splitPart(part: Buffer, lineBreak: string): Part {
  const end = part.subarray(0, maxHeadLength).indexOf(lineBreak + lineBreak);
  if (end >= 0)
    return { head: part.toString('utf8', 0, end), content: part.subarray(end + 2 * lineBreak.length) };
  if (part.length > maxHeadLength) throw malformed('the head of a part is too long');
  return { head: part.toString('utf8'), content: part.subarray(part.length) };
}

interface PartHead {
  name: string | undefined;
  isFile: boolean;
  fileName?: string | undefined;
  charset: string | undefined;
}

function readHead(head: string): PartHead {
  const headers = new Map<string, string>();
  // Libraries for mail go on in the next line, which then begins with a space (RFC 5322, section 2.2.3).
  for (const line of head.replaceAll(/\r?\n[ \t]/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1));
  }
  const { value, parameters } = readParameters(headers.get('content-disposition') ?? '');
  const { value: type, parameters: ofType } = readParameters(headers.get('content-type') ?? '');
  const { name, filename = parameters['filename*'] } = parameters;
  const charset = ofType['charset'];
  if (value !== 'form-data') return { name: undefined, isFile: false, charset };
  // Some clients send text as octets.
  const isFile = filename !== undefined || (type === 'application/octet-stream' && !isTextMember(name ?? ''));
  return { name, isFile, fileName: filename, charset };
}

function textOf(content: Buffer, charset: string | undefined): string {
  if (charset === undefined || /^utf-?8$/i.test(charset)) return content.toString('utf8');
  try {
    return new TextDecoder(charset).decode(content);
  } catch {
    return content.toString('utf8');
  }
}

function malformed(why: string): RequestError {
  return new RequestError('invalid_request', `The multipart body is malformed: ${why}.`);
}
