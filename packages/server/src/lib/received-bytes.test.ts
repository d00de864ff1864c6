import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinBytes } from './join-bytes.ts';
import { createReceivedBytes } from './received-bytes.ts';

test('what comes in pieces is put together, whatever their lengths', async () => {
  const piece = fc.oneof(
    fc.uint8Array(),
    fc.integer({ min: 60_000, max: 300_000 }).map((length) => new Uint8Array(length).fill(length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const received = createReceivedBytes({ maxBytes: 100_000_000 });
      for (const each of pieces) expect(received.add(each)).toBeUndefined();
      const whole = Buffer.concat(pieces);
      expect(received.size).toBe(whole.length);
      expect(whole.equals(await joinBytes(received.blocks()))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('no more memory is taken than was announced, and what comes beyond that is taken too', () => {
  const received = createReceivedBytes({ maxBytes: 1_000_000, announced: 100 });
  received.add(new Uint8Array(60));
  received.add(new Uint8Array(40));
  expect(received.blocks().map(({ buffer }) => buffer.byteLength)).toEqual([100]);
  received.add(new Uint8Array(1));
  expect(received.size).toBe(101);
});

test('each block has memory of its own, and their number stays small', () => {
  const received = createReceivedBytes({ maxBytes: 100_000_000 });
  const piece = new Uint8Array(16_384);
  for (let count = 0; count < 5_000; count += 1) received.add(piece);
  const blocks = received.blocks();
  expect(blocks.length).toBeLessThan(20);
  expect(new Set(blocks.map(({ buffer }) => buffer)).size).toBe(blocks.length);
});

test('more than the limit is too large', () => {
  const received = createReceivedBytes({ maxBytes: 10 });
  expect(received.add(new Uint8Array(10))).toBeUndefined();
  expect(received.add(new Uint8Array(1))).toBe('too large');
});

test('millions of tiny pieces are too many, long before they take much memory', () => {
  const received = createReceivedBytes({ maxBytes: 100_000_000 });
  const piece = new Uint8Array(1);
  let count = 1;
  while (received.add(piece) === undefined) count += 1;
  expect(received.add(piece)).toBe('too many pieces');
  expect(count).toBeLessThan(20_000);
});
