// Unpacks bodies that came in a coding of HTTP (RFC 9110, section 8.4.1). Servers say `gzip` of what is plain and say nothing of
// what is packed, so the bytes are looked at as well. The limit counts what comes out, and the work is done on libuv's threads.

import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** Thrown where more than the limit would come out. */
export class UnpackedTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`The answer unpacks to more than ${maxBytes} bytes.`);
    this.name = 'UnpackedTooLargeError';
  }
}

/** Codings within codings: nobody packs twice on purpose, and a third time only to keep a server busy. */
const maxLayers = 3;
/** Names that are looked at in a header. */
const maxNames = 10;

type Unpack = (bytes: Uint8Array, maxBytes: number) => Promise<Buffer>;

/** A stream that lacks its last bytes still gives what it holds: an answer that is there is read. */
const sync = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);
const brotli = promisify(zlib.brotliDecompress);
const zstd = promisify(zlib.zstdDecompress);

const unpackers: Readonly<Record<'gzip' | 'zlib' | 'deflate' | 'br' | 'zstd', Unpack>> = {
  gzip: (bytes, maxOutputLength) => gunzip(bytes, { ...sync, maxOutputLength }),
  zlib: (bytes, maxOutputLength) => inflate(bytes, { ...sync, maxOutputLength }),
  // Without a check of its own, so that only a whole stream counts.
  deflate: (bytes, maxOutputLength) => inflateRaw(bytes, { maxOutputLength }),
  br: (bytes, maxOutputLength) => brotli(bytes, { maxOutputLength }),
  zstd: (bytes, maxOutputLength) => zstd(bytes, { maxOutputLength }),
};

/** `undefined` where the bytes begin like no coding that has a beginning of its own; Brotli and bare deflate have none. */
function codingOf(bytes: Uint8Array): 'gzip' | 'zlib' | 'zstd' | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (first === 0x1f && second === 0x8b) return 'gzip';
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return 'zstd';
  // A window of 32 KiB, as every encoder writes it, and the check of the two bytes (RFC 1950, section 2.2).
  return first === 0x78 && (first * 256 + second) % 31 === 0 ? 'zlib' : undefined;
}

/** Whether the bytes begin as text of UTF-8 does: by chance, some texts unpack to a few bytes of nothing. */
function isText(bytes: Uint8Array): boolean {
  try {
    // A character that is cut at the end is no fault.
    const start = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, 200), { stream: true });
    return Array.from(start).every((sign) => sign >= ' ' || '\t\n\r'.includes(sign));
  } catch {
    return false;
  }
}

/** Whether `unpack` would have to work on the bytes. */
export function isPacked(
  bytes: Uint8Array,
  contentEncoding: string | readonly string[] | undefined,
): boolean {
  return codingOf(bytes) !== undefined || namedCodings(contentEncoding).length > 0;
}

/**
 * The bytes without their codings. `contentEncoding`: the value of the header, if one was sent. What can't be unpacked is given
 * back as it is, since a header may lie. Throws `UnpackedTooLargeError` where more than `maxBytes` would come out.
 */
export async function unpack(
  bytes: Buffer,
  contentEncoding: string | readonly string[] | undefined,
  maxBytes: number,
): Promise<Buffer> {
  let plain = bytes;
  for (const coding of namedCodings(contentEncoding)) plain = await unpackNamed(plain, coding, maxBytes);
  for (let layers = 0; layers < maxLayers; layers += 1) {
    const coding = codingOf(plain);
    const inner = coding === undefined ? undefined : await tryUnpack(plain, coding, maxBytes);
    if (inner === undefined) break;
    plain = inner;
  }
  return plain;
}

/**
 * The content codings that there are, but for `identity`: https://www.iana.org/assignments/http-parameters, read on 2026-11-29. Servers
 * and clients write much else there, such as `UTF-8`, `none`, `binary`, or the `aws-chunked` of an upload: that packs nothing.
 */
const contentCodings: ReadonlySet<string> = new Set(
  'gzip x-gzip deflate br zstd compress x-compress dcb dcz exi pack200-gzip aes128gcm'.split(' '),
);

/** The codings that a `Content-Encoding` names, in the order in which they were put on, in small letters. */
export function codingsIn(header: string | readonly string[] | undefined): string[] {
  const names = String(header ?? '').split(',', maxNames);
  return names.map((name) => name.trim().toLowerCase()).filter((name) => contentCodings.has(name));
}

/** In the order in which they are to be taken off. */
const namedCodings = (header: string | readonly string[] | undefined): string[] =>
  codingsIn(header).slice(0, maxLayers).toReversed();

async function unpackNamed(bytes: Buffer, name: string, maxBytes: number): Promise<Buffer> {
  const byLook = codingOf(bytes);
  if (byLook !== undefined) return (await tryUnpack(bytes, byLook, maxBytes)) ?? bytes;
  if (isText(bytes)) return bytes;
  const unpacked = await tryUnpack(bytes, name === 'deflate' ? 'deflate' : 'br', maxBytes);
  return unpacked === undefined || unpacked.length === 0 ? bytes : unpacked;
}

async function tryUnpack(
  bytes: Buffer,
  coding: keyof typeof unpackers,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    return await unpackers[coding](bytes, maxBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new UnpackedTooLargeError(maxBytes);
    return undefined;
  }
}
