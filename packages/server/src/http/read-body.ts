// Reads a request body in whatever form clients send it: JSON, a form, multipart with files, or JSON under another name.

import type { IncomingMessage } from 'node:http';
import busboy from '@fastify/busboy';
import { RequestError } from '../core/errors.ts';
import { isTextMember } from './submission-members.ts';

/** A body as fields and files. A field sent several times is an array; JSON members keep their types. */
export interface Body {
  fields: Record<string, unknown>;
  files: BodyFile[];
}

export interface BodyFile {
  /** The field that it came in, without `[]`; `''` where there was none. */
  name: string;
  bytes: Uint8Array;
}

export interface BodyReader {
  /**
   * Reads at most `limit` bytes and does `work` with them; gives what that gives. Throws what that throws, and `RequestError`
   * (`invalid_request`, `too_large`, `unsupported_media`, `overloaded`).
   */
  use<T>(
    request: IncomingMessage,
    limit: number,
    work: (body: Body) => Promise<T>,
    options?: {
      /** Whether a body that is a picture itself is taken, as a file without a name. */
      takesPictures?: boolean;
    },
  ): Promise<T>;
}

/** Bodies that are being read and worked with at the same time may hold `memoryBytes` together. */
export function createBodyReader({
  memoryBytes,
  parseMs = 10_000,
}: {
  memoryBytes: number;
  /** How long the parser of multipart may take, which a few malformed bodies leave waiting for ever. */
  parseMs?: number;
}): BodyReader {
  let held = 0;

  /** What is counted in `share` stays counted in `held` until whoever made it gives it back. */
  function collect(request: IncomingMessage, limit: number, share: { size: number }): Promise<Buffer> {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) return Promise.reject(tooLarge(limit));
    // Listeners, not `for await`: that costs a submit a tenth of its time, and destroys the connection when it is left early.
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      function leave(): void {
        request.off('data', take).off('end', finish).off('close', breakOff).off('error', breakOff);
      }
      function refuse(error: RequestError): void {
        leave();
        request.pause();
        reject(error);
      }
      function take(chunk: Buffer): void {
        share.size += chunk.length;
        held += chunk.length;
        chunks.push(chunk);
        if (share.size > limit) refuse(tooLarge(limit));
        else if (held > memoryBytes) refuse(tooMuchAtOnce());
      }
      function finish(): void {
        leave();
        resolve(
          chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, share.size),
        );
      }
      function breakOff(): void {
        refuse(new RequestError('invalid_request', 'The request ended before its body was complete.'));
      }
      request.on('data', take).on('end', finish).on('close', breakOff).on('error', breakOff);
    });
  }

  return {
    async use(request, limit, work, { takesPictures = false } = {}) {
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity')
        throw new RequestError(
          'unsupported_media',
          `A body in Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not taken. Send it uncompressed.`,
        );
      const share = { size: 0 };
      try {
        const bytes = await collect(request, limit, share);
        const isPicture = takesPictures && pictureType.test(request.headers['content-type'] ?? '');
        if (isPicture) return await work({ fields: {}, files: [{ name: '', bytes }] });
        return await work(await parse(request.headers, bytes, parseMs));
      } finally {
        held -= share.size;
      }
    },
  };
}

/** What it really is, its bytes tell. */
const pictureType = /^\s*(?:image\/|application\/octet-stream)/i;

async function parse(headers: IncomingMessage['headers'], bytes: Buffer, parseMs: number): Promise<Body> {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return readMultipart(headers, bytes, parseMs);
  const text = decode(bytes);
  if (type === 'application/x-www-form-urlencoded' && !looksLikeJson(text))
    return { fields: readForm(text), files: [] };
  return { fields: readJson(text, type), files: [] };
}

/** Clients send JSON under form and text types too; an opening brace tells it from a form, where it would be escaped. */
function looksLikeJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

function readJson(text: string, type: string): Record<string, unknown> {
  const isJson = type === '' || type.endsWith('json');
  if (!isJson && !looksLikeJson(text))
    throw new RequestError(
      'unsupported_media',
      `A body of type ${JSON.stringify(type.slice(0, 80))} is not taken. Send application/json, a form, or multipart/form-data.`,
    );
  if (text.trim() === '')
    throw new RequestError(
      'invalid_request',
      'The body is empty. Send a JSON object with at least a prompt.',
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RequestError('invalid_request', `The body is not valid JSON${whereJsonBroke(error)}.`, {
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RequestError('invalid_request', 'The body must be a JSON object.', {
      details: [{ path: '', message: 'must be an object' }],
    });
  return value as Record<string, unknown>;
}

/** The position only: the parser's own message quotes the body. */
function whereJsonBroke(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? ': it ends too early' : `: it breaks at character ${position}`;
}

/** Parsing takes more than its share of time for each field: half a million in one megabyte took 5 s. */
const mostFields = 200;

function readForm(text: string): Record<string, unknown> {
  if (text.split('&', mostFields + 1).length > mostFields)
    throw new RequestError('invalid_request', `The form has more than ${mostFields} fields.`);
  const fields = emptyFields();
  for (const [name, value] of new URLSearchParams(text)) add(fields, name, value);
  return fields;
}

/** Fields may come before or after the files. */
function readMultipart(headers: IncomingMessage['headers'], bytes: Buffer, parseMs: number): Promise<Body> {
  const body: Body = { fields: emptyFields(), files: [] };
  return new Promise((resolve, reject) => {
    const malformed = (error: unknown) => {
      clearTimeout(limit);
      reject(new RequestError('invalid_request', 'The multipart body is malformed.', { cause: error }));
    };
    const limit = setTimeout(() => malformed(new Error('the parser comes to no end')), parseMs);
    try {
      const parser = new busboy.Busboy({
        headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
        limits: { fieldSize: bytes.length, parts: mostFields, fieldNameSize: 200 },
        // Some clients send text as octets.
        isPartAFile: (name, type, fileName) =>
          fileName !== undefined || (type === 'application/octet-stream' && !isTextMember(name ?? '')),
      });
      // A part may lack a name, which the parser's types do not say; a throw in here would end the process.
      parser.on('field', (name: string | undefined, value) => {
        if (name !== undefined) add(body.fields, name, value);
      });
      parser.on('file', (name: string | undefined, file) => {
        const chunks: Buffer[] = [];
        file.on('data', (chunk: Buffer) => chunks.push(chunk));
        file.on('error', malformed);
        // A file field that a browser's form left empty is no file.
        file.on('end', () => {
          if (chunks.length > 0) body.files.push({ name: keyOf(name ?? ''), bytes: Buffer.concat(chunks) });
        });
      });
      parser.on('partsLimit', () => malformed(new Error(`more than ${mostFields} parts`)));
      parser.on('error', malformed);
      parser.on('finish', () => {
        clearTimeout(limit);
        resolve(body);
      });
      parser.end(bytes);
    } catch (error) {
      malformed(error);
    }
  });
}

/** Without a prototype, so that a field called `__proto__` is a field like any other. */
function emptyFields(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function add(fields: Record<string, unknown>, name: string, value: string): void {
  const key = keyOf(name);
  const before = fields[key];
  fields[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
}

/** Some clients mark a field that they send several times. */
function keyOf(name: string): string {
  return name.endsWith('[]') ? name.slice(0, -2) : name;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new RequestError('invalid_request', 'The body is not valid UTF-8.', { cause: error });
  }
}

function tooMuchAtOnce(): RequestError {
  return new RequestError('overloaded', 'Too many large requests at once. Try again in a moment.', {
    retryAfterSeconds: 2,
  });
}

function tooLarge(limit: number): RequestError {
  return new RequestError(
    'too_large',
    `The body is larger than ${limit.toLocaleString('en')} bytes. Send pictures as links, or smaller.`,
  );
}
