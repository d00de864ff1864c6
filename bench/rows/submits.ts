// Submits that are on the disk when they are answered, against bare node:http that inserts each raw body into one table.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { interleave, load, meterOf, startBare, startPlantain } from '../processes.ts';
import { key } from '../seed.ts';
import { type MeasureRows, rateRow } from './row.ts';

export const measureSubmits: MeasureRows = async ({ directory, rounds, seconds }) => {
  mkdirSync(directory);
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: join(directory, 'plantain'),
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_CONCURRENCY: '1',
    PLANTAIN_MAX_PENDING: '10000000',
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
  });
  const bare = await startBare('insert', join(directory, 'bare.db'));
  const result = await interleave(
    rounds,
    { server: meterOf(plantain), load: () => load(plantain.url, seconds, 'submit.lua', key) },
    { server: meterOf(bare), load: () => load(bare.url, seconds, 'submit.lua', key) },
  );
  await plantain.end();
  await bare.end();
  return [rateRow('durable submits', 'bare node:http, raw grouped inserts', result, 0.45)];
};
