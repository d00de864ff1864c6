// Pictures that are uploaded once and used as inputs any number of times. Nothing here needs a file system, unless a path is given.

import { PlantainError } from '../errors.ts';
import type { CallOptions } from '../request/call-options.ts';
import { readBytes } from '../request/read-bytes.ts';
import { type Requester, segment } from '../request/request.ts';
import type { UnixSeconds } from '../wire/envelope-types.ts';

/** An uploaded picture (Plantain). */
export interface FileData {
  file_id: string;
  /** A link that works as an input, and without a key, until it expires. */
  file: string;
  file_name: string;
  content_type: string;
  width: number;
  height: number;
  bytes: number;
  /** Hex SHA-256 of the picture's bytes. */
  sha256: string;
  create_time: UnixSeconds;
  expires_at: UnixSeconds;
}

/** Path of a file (Node, Deno, Bun), bytes in any form, or a link, which the server fetches. */
export type FileSource = string | URL | Blob | Uint8Array | ReadableStream<Uint8Array>;

export interface UploadOptions extends CallOptions {
  /** Lifetime on the server, at least 60; the server has a default and a limit. */
  expiresInSeconds?: number | undefined;
}

/** See `PlantainClient.files`. */
export interface Files {
  /**
   * Rejects with `UnsupportedError` where the server takes no files, and with the system's own error where a path can't be read.
   */
  upload(source: FileSource, options?: UploadOptions): Promise<FileData>;
  /** Lists the newest first, at most 1,000. */
  list(options?: CallOptions): Promise<FileData[]>;
  get(id: string, options?: CallOptions): Promise<FileData>;
  delete(id: string, options?: CallOptions): Promise<{ file_id: string; deleted: true }>;
}

const path = '/api/files';
const feature = 'keep files';
const maxFileBytes = 256 * 2 ** 20;
const uploadTimeoutMs = 300_000;

export function createFiles({ request }: Requester): Files {
  return {
    async upload(source, { expiresInSeconds, signal } = {}) {
      const link = linkOf(source);
      const fields = {
        ...(link === null ? {} : { url: link }),
        ...(expiresInSeconds === undefined ? {} : { expires_in_seconds: expiresInSeconds }),
      };
      const body = link === null ? { form: toForm(await toBlob(source, signal), fields) } : { json: fields };
      const call = { method: 'POST', path, ...body, signal, feature, timeoutMs: uploadTimeoutMs } as const;
      return (await request<FileData>('file_id', call)).data;
    },
    async list({ signal } = {}) {
      return (await request<{ files: FileData[] }>('files', { path, signal, feature })).data.files;
    },
    async get(id, { signal } = {}) {
      return (await request<FileData>('file_id', { path: `${path}/${segment(id)}`, signal, feature })).data;
    },
    async delete(id, { signal } = {}) {
      const call = { method: 'DELETE', path: `${path}/${segment(id)}`, signal, feature } as const;
      return (await request<{ file_id: string; deleted: true }>('file_id', call)).data;
    },
  };
}

function linkOf(source: FileSource): string | null {
  const text = source instanceof URL ? source.href : source;
  return typeof text === 'string' && /^https?:/i.test(text) ? text : null;
}

async function toBlob(source: FileSource, signal: AbortSignal | undefined): Promise<Blob> {
  if (source instanceof Blob) return source;
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- newer types refuse memory that may be shared
  if (source instanceof Uint8Array) return new Blob([source as Uint8Array<ArrayBuffer>]);
  // It is read to its end first, since a stream can't be sent a second time.
  if (source instanceof ReadableStream) return new Blob([await readBytes(source, maxFileBytes, tooLarge)]);
  const { readPath } = await import('#read-path');
  return new Blob([await readPath(source, { maxBytes: maxFileBytes, tooLarge, signal })]);
}

function tooLarge(): PlantainError {
  return new PlantainError(`A file may have at most ${maxFileBytes} bytes.`);
}

function toForm(file: Blob, fields: Readonly<Record<string, string | number>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append('file', file, 'picture');
  return form;
}
