// The queue under what is bad for it: a snapshot that is held open, as a report or a backup does, so that no dead row can be cleared away;
// and a queue of a million tasks beside a transaction that has written and is idle. Both by tasks through the store alone, which takes
// thousands a second and so leaves as many dead rows in seconds as a server in minutes.

import type { Client } from 'pg';
import { type Loops, startLoops } from '../../postgres/loops.ts';
import { seedWaiting } from '../../postgres/seed.ts';
import { withClient } from '../../postgres/server.ts';
import { interleave } from '../../processes.ts';
import { rateRow, type Row, whole } from '../row.ts';
import type { MeasurePostgres } from './row.ts';

const least = 0.8;
const size = 8;
const shortQueue = 1_000;

const hold = `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM waiting`;
const holdWriting = `${hold}; SELECT pg_current_xact_id()`;

export const measureHeldSnapshot: MeasurePostgres = async ({ seconds, quick, large, postgres }) => {
  const url = await postgres.createDatabase();
  await seedWaiting(url, shortQueue);
  const loops = startLoops();
  const held = large ? 180 : quick ? 10 : 30;
  try {
    await run(loops, url, seconds);
    const before = await run(loops, url, held / 3);
    const { first, last } = await withClient(url, async (client) => {
      await client.query(hold);
      return await runHeld(loops, url, held);
    });
    // Dead rows that the snapshot kept are cleared away meanwhile.
    await run(loops, url, seconds);
    const after = await run(loops, url, held / 3);
    const without = (before + after) / 2;
    return [toRow({ held, first, last, without })];
  } finally {
    loops.end();
  }
};

const run = async (loops: Loops, url: string, seconds: number): Promise<number> =>
  (await loops.run({ loop: 'store-tasks', url, seconds, size })).requestsPerSecond;

/** Tasks a second in the first third of the time, and in the last. */
async function runHeld(loops: Loops, url: string, seconds: number) {
  const first = await run(loops, url, seconds / 3);
  await run(loops, url, seconds / 3);
  return { first, last: await run(loops, url, seconds / 3) };
}

function toRow(rates: { held: number; first: number; last: number; without: number }): Row {
  const { held, first, last, without } = rates;
  const ratio = last / without;
  return {
    what: `tasks through the store, a snapshot held for ${held} s`,
    measured: `${whole(last)}/s in the last ${whole(held / 3)} s, ${whole(first)}/s in the first`,
    limit: `${whole(without)}/s (without it, before and after)`,
    figure: ratio.toFixed(2),
    claim: `>= ${least}`,
    holds: ratio >= least,
  };
}

export const measureLongQueue: MeasurePostgres = async ({ rounds, seconds, quick, large, postgres }) => {
  const waiting = large ? 1_000_000 : quick ? 30_000 : 100_000;
  const [long, short] = [await postgres.createDatabase(), await postgres.createDatabase()];
  await seedWaiting(long, waiting);
  await seedWaiting(short, shortQueue);
  const loops = startLoops();
  const loaded = (url: string) =>
    loops.loaded({ loop: 'store-tasks', url, seconds, size }, postgres.processorMs);
  try {
    const result = await withClient(long, async (client: Client) => {
      await client.query(holdWriting);
      return await interleave(rounds, loaded(long), loaded(short));
    });
    return [
      rateRow(
        `tasks through the store, ${whole(waiting)} waiting and one idle transaction`,
        `${whole(shortQueue)} waiting, none idle`,
        result,
        least,
      ),
    ];
  } finally {
    loops.end();
  }
};
