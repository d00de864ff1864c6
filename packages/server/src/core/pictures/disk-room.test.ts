import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDiskRoom, withinRoom } from './disk-room.ts';
import { refusedWhenFull } from '../submit/store-bytes.ts';
import type { PictureStore } from './picture-store.ts';

const minFreeBytes = 100;

/** A disk whose bytes are gone when a write ends; `end` ends the one that began first. */
async function setUp(freeAtFirst: number) {
  const disk = { free: freeAtFirst };
  const writing: (() => void)[] = [];
  const time = { now: 1_000_000 };
  const room = createDiskRoom({
    freeBytes: async () => disk.free,
    minFreeBytes,
    clock: { now: () => time.now },
  });
  await room.look();
  const put = async (_key: string, bytes: Uint8Array) => {
    await new Promise<void>((resolve) => writing.push(resolve));
    disk.free -= bytes.length;
  };
  const store = withinRoom({ put } as unknown as PictureStore, room);
  return { disk, room, store, time, end: () => writing.shift()?.() };
}

test('many that come at once are stored as far as there is room, and the rest is refused as by a full disk', async () => {
  const { store, end, disk } = await setUp(350);
  const puts = Array.from({ length: 5 }, (_, index) => store.put(`${index}`, new Uint8Array(100)));
  for (let each = 0; each < 5; each += 1) end();
  const outcomes = await Promise.allSettled(puts);
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
  ]);
  const refused = outcomes[2] as PromiseRejectedResult;
  expect(refusedWhenFull(refused.reason)).toMatchObject({ type: 'overloaded' });
  expect(disk.free).toBe(150);
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ bytes: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 2, arbitrary: fc.constant('end' as const) },
  { weight: 1, arbitrary: fc.constant('look' as const) },
);

test('whenever writes begin and end, and the disk is looked at, what must be free stays free', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const { disk, room, store, end } = await setUp(1_000);
      const puts: Promise<unknown>[] = [];
      for (const each of steps) {
        if (each === 'end') end();
        else if (each === 'look') await room.look();
        else puts.push(store.put('x', new Uint8Array(each.bytes)).catch(() => {}));
        await new Promise(setImmediate);
        expect(disk.free).toBeGreaterThanOrEqual(minFreeBytes);
      }
      for (const _ of puts) end();
      await Promise.all(puts);
      expect(disk.free).toBeGreaterThanOrEqual(minFreeBytes);
    }),
    { numRuns: 50 },
  );
});
