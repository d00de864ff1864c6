// Status queries: of tasks that have ended, which the server keeps in memory, against bare node:http with the same bytes; and of tasks that
// wait, which are read from the database for each query, lest a client that goes from server to server sees a task go backwards.

import { createBenchClient } from '../../client.ts';
import { seedFinished } from '../../postgres/seed.ts';
import { interleave, load, type Loaded, meterOf, startBare, startPlantain } from '../../processes.ts';
import { key, publicUrl, writeIds } from '../../seed.ts';
import { nameRow, rateRow } from '../row.ts';
import { type MeasurePostgres, settingsAt } from './row.ts';

const tasks = 5_000;
const live = 1_000;
const least = 0.8;
const warmSeconds = 4;

export const measurePostgresStatus: MeasurePostgres = async ({ directory, rounds, seconds, postgres }) => {
  const url = await postgres.createDatabase();
  const { ids, view } = await seedFinished(url, tasks);
  const plantain = await startPlantain({
    ...settingsAt(directory, url),
    PLANTAIN_PUBLIC_URL: publicUrl,
    PLANTAIN_CONCURRENCY: '1',
  });
  const bare = await startBare(
    'bytes',
    `{"code":200,"msg":"success","data":${view},"exec_time":0.000012,"ip":"127.0.0.1"}`,
  );
  let run = 0;
  const asking = (server: typeof bare, idsFile: string): Loaded => ({
    server: meterOf(server),
    postgres: postgres.processorMs,
    load: () => load(server.url, seconds, 'query.lua', idsFile, key, String(++run)),
  });
  try {
    const ended = writeIds(directory, ids);
    await load(plantain.url, warmSeconds, 'query.lua', ended, key, '0');
    const result = await interleave(rounds, asking(plantain, ended), asking(bare, ended));
    const client = createBenchClient(plantain.url);
    const submits = Array.from({ length: live }, () => client.submit({ prompt: '[[hang]] a banana' }));
    const waiting = writeIds(`${directory}/live`, await Promise.all(submits));
    const alive = await interleave(Math.ceil(rounds / 2), asking(plantain, waiting), asking(bare, waiting));
    return [
      rateRow('status query of ended tasks', 'bare node:http, same bytes', result, least),
      nameRow('status query of waiting tasks', 'bare node:http, bytes of an ended task', alive),
    ];
  } finally {
    await plantain.end();
    await bare.end();
  }
};
