import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpack, UnpackedTooLargeError } from './unpack.ts';

const text = Buffer.from(JSON.stringify({ said: 'plantain '.repeat(500) }));
const packed = {
  gzip: zlib.gzipSync(text),
  deflate: zlib.deflateSync(text),
  br: zlib.brotliCompressSync(text),
  zstd: zlib.zstdCompressSync(text),
};
const codings = Object.entries(packed);

describe('a packed body', () => {
  test.each(codings)('in %s is unpacked, as its header says', async (name, bytes) => {
    expect(await unpack(bytes, name, 10_000)).toEqual(text);
    expect(await unpack(bytes, `identity, ${name.toUpperCase()}`, 10_000)).toEqual(text);
  });

  test.each(codings)('in %s is unpacked where its header says gzip', async (_name, bytes) => {
    expect(await unpack(bytes, 'gzip', 10_000)).toEqual(text);
  });

  test.each(codings.filter(([name]) => name !== 'br'))(
    'in %s is unpacked where nothing says so',
    async (_name, bytes) => {
      expect(await unpack(bytes, undefined, 10_000)).toEqual(text);
    },
  );

  test('in bare deflate, as some servers understand that word, is unpacked', async () => {
    expect(await unpack(zlib.deflateRawSync(text), 'deflate', 10_000)).toEqual(text);
  });

  test('in bare deflate is unpacked, whatever sign it begins with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        const bytes = Buffer.from(json);
        expect(await unpack(zlib.deflateRawSync(bytes), 'deflate', 1_000_000)).toEqual(bytes);
      }),
    );
  });

  test('in one coding within another is unpacked', async () => {
    expect(await unpack(zlib.brotliCompressSync(packed.gzip), 'gzip, br', 10_000)).toEqual(text);
  });

  test('that lacks its last bytes gives what it holds', async () => {
    expect(await unpack(packed.gzip.subarray(0, -8), 'gzip', 10_000)).toEqual(text);
  });

  test.each(['gzip', 'br', 'zstd', 'deflate'])(
    'that unpacks to more than the limit is refused: %s',
    async (name) => {
      const large = Buffer.alloc(1_000_000);
      const bomb = {
        gzip: zlib.gzipSync(large),
        br: zlib.brotliCompressSync(large),
        zstd: zlib.zstdCompressSync(large),
        deflate: zlib.deflateSync(large),
      }[name]!;
      await expect(unpack(bomb, name, 999_999)).rejects.toThrow(UnpackedTooLargeError);
      expect(await unpack(bomb, name, 1_000_000)).toHaveLength(1_000_000);
    },
  );
});

test('bytes that are not packed stay as they are, whatever the header says', async () => {
  const plain = fc.oneof(
    fc.json().map((json) => Buffer.from(json)),
    fc.constantFrom(text, Buffer.from('\x89PNG\r\n\x1a\n'), Buffer.from('\xff\xd8\xff\xe0', 'latin1')),
  );
  const headers = fc.constantFrom(
    'gzip',
    'deflate',
    'br',
    'zstd',
    'gzip, br',
    'UTF-8',
    'aws-chunked',
    '',
    undefined,
  );
  await fc.assert(
    fc.asyncProperty(plain, headers, async (bytes, header) => {
      expect(await unpack(bytes, header, 1_000_000)).toEqual(bytes);
    }),
  );
});

test('what is no coding is none, even where the bytes could be one', async () => {
  for (const name of ['UTF-8', 'aws-chunked', 'binary', 'none', 'Identity', '', ','])
    expect(await unpack(packed.br, name, 10_000)).toEqual(packed.br);
  expect(await unpack(packed.br, 'a, b, c, d, BR', 10_000)).toEqual(text);
});

test('any bytes under any header give bytes or the refusal of too many', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.string(), async (bytes, header) => {
      const given = Buffer.from(bytes);
      const unpacked = await unpack(given, header, 1_000).catch((error: unknown) => error);
      expect(unpacked instanceof UnpackedTooLargeError || Buffer.isBuffer(unpacked)).toBe(true);
    }),
  );
});
