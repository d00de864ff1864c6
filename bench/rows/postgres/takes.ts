// Takes of the store against loops of SKIP LOCKED: one that changes the same rows in one statement, and for comparison the plainest one,
// which takes rows of a table of its own and does nothing else for them.

import { type LoopCall, startLoops } from '../../postgres/loops.ts';
import { seedWaiting } from '../../postgres/seed.ts';
import { interleave } from '../../processes.ts';
import { nameRow, rateRow, type Row } from '../row.ts';
import type { MeasurePostgres } from './row.ts';

const sizes = [1, 8, 64];
const least = 0.5;
/** More than are taken meanwhile. */
const waiting = 400_000;

export const measureTakes: MeasurePostgres = async ({ rounds, seconds, quick, postgres }) => {
  const url = await postgres.createDatabase();
  await seedWaiting(url, quick ? waiting / 2 : waiting);
  const loops = startLoops();
  const loaded = (call: Pick<LoopCall, 'loop' | 'size' | 'rows'>) =>
    loops.loaded({ ...call, url, seconds: seconds / 3 }, postgres.processorMs);
  const rows: Row[] = [];
  try {
    for (const size of sizes) {
      const bare = loaded({ loop: 'bare-takes', size });
      const result = await interleave(rounds, loaded({ loop: 'store-takes', size }), bare);
      const against = 'a loop of SKIP LOCKED that changes the same rows in one statement';
      rows.push(rateRow(`tasks taken, ${size} at a time`, against, result, least));
    }
    const plain = loaded({ loop: 'bare-takes', size: 8, rows: 'own' });
    const result = await interleave(rounds, loaded({ loop: 'store-takes', size: 8 }), plain);
    const against = 'a loop of SKIP LOCKED that changes a state in a table with one index';
    rows.push(nameRow('tasks taken, 8 at a time', against, result));
  } finally {
    loops.end();
  }
  return rows;
};
