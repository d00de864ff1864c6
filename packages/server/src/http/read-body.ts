// Reads a request body in whatever form clients send it: JSON, a form, multipart with files, or JSON under another name.

import type { IncomingMessage } from 'node:http';
import busboy from '@fastify/busboy';
import { RequestError } from '../core/errors.ts';

/** A body as fields and files. A field sent several times is an array; JSON members keep their types. */
export interface Body {
  fields: Record<string, unknown>;
  files: Uint8Array[];
}

export interface BodyReader {
  /** Reads at most `limit` bytes. Throws `RequestError` (`invalid_request`, `too_large`, `unsupported_media`, `overloaded`). */
  read(request: IncomingMessage, limit: number): Promise<Body>;
}

/** Bodies that are being read at the same time may hold this many bytes together. */
export function createBodyReader({ memoryBytes }: { memoryBytes: number }): BodyReader {
  let held = 0;

  async function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) throw tooLarge(limit);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        held += chunk.length;
        if (size > limit) throw tooLarge(limit);
        if (held > memoryBytes)
          throw new RequestError('overloaded', 'Too many large requests at once. Try again in a moment.', {
            retryAfterSeconds: 2,
          });
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof RequestError) throw error;
      throw new RequestError('invalid_request', 'The request ended before its body was complete.', {
        cause: error,
      });
    } finally {
      held -= size;
    }
    return Buffer.concat(chunks, size);
  }

  return {
    async read(request, limit) {
      const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity')
        throw new RequestError(
          'unsupported_media',
          `A body in Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not taken. Send it uncompressed.`,
        );
      const bytes = await collect(request, limit);
      if (type === 'multipart/form-data') return readMultipart(request.headers, bytes);
      const text = decode(bytes);
      if (type === 'application/x-www-form-urlencoded' && !looksLikeJson(text))
        return { fields: readForm(text), files: [] };
      return { fields: readJson(text, type), files: [] };
    },
  };
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

function readForm(text: string): Record<string, unknown> {
  const fields = emptyFields();
  for (const [name, value] of new URLSearchParams(text)) add(fields, name, value);
  return fields;
}

/** Fields may come before or after the files. */
function readMultipart(headers: IncomingMessage['headers'], bytes: Buffer): Promise<Body> {
  const body: Body = { fields: emptyFields(), files: [] };
  return new Promise((resolve, reject) => {
    const malformed = (error: unknown) =>
      reject(new RequestError('invalid_request', 'The multipart body is malformed.', { cause: error }));
    try {
      const parser = new busboy.Busboy({
        headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
        limits: { fieldSize: bytes.length, parts: 200, fieldNameSize: 200 },
      });
      parser.on('field', (name, value) => add(body.fields, name, value));
      parser.on('file', (_name, file) => {
        const chunks: Buffer[] = [];
        file.on('data', (chunk: Buffer) => chunks.push(chunk));
        file.on('error', malformed);
        // A file field that a browser's form left empty is no file.
        file.on('end', () => chunks.length > 0 && body.files.push(Buffer.concat(chunks)));
      });
      parser.on('partsLimit', () => malformed(new Error('more than 200 parts')));
      parser.on('error', malformed);
      parser.on('finish', () => resolve(body));
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
  const key = name.endsWith('[]') ? name.slice(0, -2) : name;
  const before = fields[key];
  fields[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new RequestError('invalid_request', 'The body is not valid UTF-8.', { cause: error });
  }
}

function tooLarge(limit: number): RequestError {
  return new RequestError(
    'too_large',
    `The body is larger than ${limit.toLocaleString('en')} bytes. Send pictures as links, or smaller.`,
  );
}
