import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pictureJson, PictureText } from './picture-json.ts';

/** A store of pictures that come in pieces of so many bytes. */
function storeOf(files: ReadonlyMap<string, Buffer>, pieceBytes: number) {
  return {
    size: async (key: string) => files.get(key)?.length ?? null,
    read(key: string) {
      const bytes = files.get(key) ?? Buffer.alloc(0);
      const pieces = Math.ceil(bytes.length / pieceBytes);
      return Readable.from(
        Array.from({ length: pieces }, (_, index) =>
          bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
        ),
      );
    },
  };
}

test('JSON with pictures is what it would be in one piece, and has the length that was told before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 20 }),
      fc.string({ unit: 'binary' }),
      async (pictures, pieceBytes, text) => {
        const files = new Map(pictures.map((bytes, index) => [`k${index}`, Buffer.from(bytes)]));
        const list = (of: (key: string) => unknown) => ({
          text,
          list: [...files.keys()].map(of),
          last: [text],
        });
        const json = await pictureJson(
          list((key) => new PictureText(key, 'data:image/png;base64,')),
          storeOf(files, pieceBytes),
        );
        const sent = await buffer(Readable.from(json.pieces(), { objectMode: false }));
        expect(json.length).toBe(sent.length);
        expect(sent.toString()).toBe(
          JSON.stringify(list((key) => `data:image/png;base64,${files.get(key)?.toString('base64')}`)),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('a picture that was deleted is a refusal before anything is sent, and a shorter one breaks the answer off', async () => {
  const value = { b64_json: new PictureText('k') };
  await expect(pictureJson(value, storeOf(new Map(), 9))).rejects.toMatchObject({ type: 'not_found' });
  const store = { ...storeOf(new Map([['k', Buffer.from('abcdefg')]]), 9), size: async () => 8 };
  const { pieces } = await pictureJson(value, store);
  await expect(buffer(Readable.from(pieces()))).rejects.toThrow('7 bytes instead of 8');
});
