import { expect, test } from 'vitest';
import { startKeyUses } from './key-uses.ts';
import type { KeyUse } from './key-store.ts';

test('uses are stored together, the latest of each key, and at the stop', async () => {
  const clock = { at: 1, now: () => clock.at };
  const written: (readonly KeyUse[])[] = [];
  let ring = () => {};
  const startTimer = (run: () => void) => {
    ring = run;
    return () => {};
  };
  const store = { noteKeyUses: async (uses: readonly KeyUse[]) => void written.push(uses) };
  const uses = startKeyUses({ store, clock, startTimer });
  ring();
  uses.note('a');
  clock.at = 2;
  uses.note('a');
  uses.note('b');
  expect(written).toEqual([]);
  ring();
  uses.note('b');
  await uses.stop();
  expect(written).toEqual([
    [
      { keyId: 'a', at: 2 },
      { keyId: 'b', at: 2 },
    ],
    [{ keyId: 'b', at: 2 }],
  ]);
});
