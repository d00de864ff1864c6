// Submits that are on the disk when they are answered, against inserts of the same rows by `pg`: one at a time, as by a program that does not
// gather them, and in groups; and what it is worth that submits which arrive together share a transaction, where a sync takes 2 ms more.

import { startLoops } from '../../postgres/loops.ts';
import { connections, interleave, load, meterOf, startPlantain } from '../../processes.ts';
import { key } from '../../seed.ts';
import { nameRow, rateRow, type Row } from '../row.ts';
import { type MeasurePostgres, settingsAt } from './row.ts';

const leastShare = 0.4;
/** Rows in one transaction of the limit: as many as 64 who wait for their commit fill three connections with. */
const group = 21;
const addedSyncMs = 2;
const leastGain = 3;

export const measurePostgresSubmits: MeasurePostgres = async (options) => [
  await measure(options, {
    what: 'durable submits',
    against: `rows of the same kind inserted by pg, each by itself, ${connections} at once through a pool of 10 connections`,
    group: 1,
    atOnce: connections,
    addedSyncMs: 0,
    least: leastShare,
  }),
  await measure(options, {
    what: 'durable submits',
    against: `rows of the same kind inserted by pg, ${group} in a transaction, on as many connections`,
    group,
    addedSyncMs: 0,
    least: null,
  }),
  await measure(options, {
    what: `submits that share transactions, each sync ${addedSyncMs} ms later`,
    against: 'rows of the same kind inserted by pg, each in a transaction of its own, on as many connections',
    group: 1,
    addedSyncMs,
    least: leastGain,
  }),
];

async function measure(
  { directory, rounds, seconds, postgres }: Parameters<MeasurePostgres>[0],
  about: {
    what: string;
    against: string;
    group: number;
    atOnce?: number;
    addedSyncMs: number;
    least: number | null;
  },
): Promise<Row> {
  const url = await postgres.createDatabase(about);
  const plantain = await startPlantain({
    ...settingsAt(directory, url),
    PLANTAIN_CONCURRENCY: '1',
    PLANTAIN_MAX_PENDING: '10000000',
  });
  const loops = startLoops();
  try {
    const result = await interleave(
      rounds,
      {
        server: meterOf(plantain),
        postgres: postgres.processorMs,
        load: () => load(plantain.url, seconds, 'submit.lua', key),
      },
      loops.loaded(
        {
          loop: 'bare-submits',
          url,
          seconds,
          size: about.group,
          ...(about.atOnce === undefined ? {} : { atOnce: about.atOnce }),
        },
        postgres.processorMs,
      ),
    );
    const row = [about.what, about.against, result] as const;
    return about.least === null ? nameRow(...row) : rateRow(...row, about.least);
  } finally {
    loops.end();
    await plantain.end();
  }
}
