// Tasks from the submit to the end, with an upstream that answers at once, by the processor time of the server and of PostgreSQL; beside
// the process that does only what can't be left out, on SQLite.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createBenchClient } from '../../client.ts';
import { startInstantUpstream } from '../../instant-upstream.ts';
import { median, meterOf, pinToLoadCore, startBareTasks, startPlantain } from '../../processes.ts';
import { describeRates, measureRate, smallPicture, type TaskRate } from '../../task-rate.ts';
import { type Row, whole } from '../row.ts';
import { type MeasurePostgres, settingsAt } from './row.ts';
import { sayProgress } from '../progress.ts';

const atOnce = 32;
const leastShare = 0.3;

export const measurePostgresTasks: MeasurePostgres = async ({ directory, rounds, seconds, postgres }) => {
  pinToLoadCore();
  mkdirSync(directory);
  const upstream = await startInstantUpstream(await smallPicture());
  const plantain = await startPlantain({
    ...settingsAt(directory, await postgres.createDatabase()),
    PLANTAIN_CONCURRENCY: String(atOnce),
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: upstream.url,
  });
  const bare = await startBareTasks(join(directory, 'bare'), upstream.url);
  const rates: TaskRate[] = [];
  const bareRates: TaskRate[] = [];
  const each = { atOnce, seconds };
  const subject = {
    clients: [createBenchClient(plantain.url)],
    server: meterOf(plantain),
    postgres: postgres.processorMs,
  };
  const limit = { clients: [createBenchClient(bare.url)], server: meterOf(bare) };
  try {
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      rates.push(await measureRate({ ...each, ...subject }));
      bareRates.push(await measureRate({ ...each, ...limit }));
      sayProgress(`round ${round} of ${rounds}`);
    }
  } finally {
    await plantain.end();
    await bare.end();
    upstream.close();
  }
  return [shareRow(rates.slice(1), bareRates.slice(1)), ...coreRows(rates.slice(1))];
};

function shareRow(rates: readonly TaskRate[], bareRates: readonly TaskRate[]): Row {
  const share = median(
    rates.map((rate, round) => (bareRates[round]?.processorMsPerTask ?? NaN) / rate.processorMsPerTask),
  );
  return {
    what: 'tasks a second of one core of the server, submit to end',
    measured: describeRates(rates),
    limit: `${describeRates(bareRates)} (a bare process that stores in SQLite, asks, decodes, writes and answers)`,
    figure: share.toFixed(2),
    claim: `>= ${leastShare}`,
    holds: share >= leastShare,
  };
}

/** Others publish tasks for each core of the database alone, so that is named beside those of both together. */
function coreRows(rates: readonly TaskRate[]): Row[] {
  const postgresMs = median(rates.map((rate) => rate.postgresMsPerTask));
  const bothMs = median(rates.map((rate) => rate.postgresMsPerTask + rate.processorMsPerTask));
  const row = (what: string, ms: number) => ({
    what,
    measured: `${ms.toFixed(2)} ms of processor time a task`,
    limit: '-',
    figure: `${whole(1_000 / ms)}/s`,
    claim: '-',
    holds: true,
  });
  return [
    row('tasks a second of one core of PostgreSQL', postgresMs),
    row('tasks a second of one core, server and PostgreSQL together', bothMs),
  ];
}
