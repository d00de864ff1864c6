// Status queries of tasks that have ended, against bare node:http that sends the same headers and bytes to everyone.

import { interleave, load, meterOf, startBare, startPlantain } from '../processes.ts';
import { key, publicUrl, seed } from '../seed.ts';
import { type MeasureRows, rateRow, type RowOptions, whole } from './row.ts';

/** For each hundred thousand stored tasks. */
const warmSeconds = 4;
const recentTasks = 10_000;

export const measureRecentStatus: MeasureRows = (options) =>
  measure(options, { what: 'status query of recent tasks', count: recentTasks, least: 0.85 });

export const measureStoredStatus: MeasureRows = (options) => {
  const count = options.quick ? 100_000 : 1_000_000;
  return measure(options, { what: `status query over ${whole(count)} stored tasks`, count, least: 0.5 });
};

async function measure(
  { directory, rounds, seconds }: RowOptions,
  { what, count, least }: { what: string; count: number; least: number },
) {
  const { idsFile, view } = seed(directory, count);
  const answer = `{"code":200,"msg":"success","data":${view},"exec_time":0.000012,"ip":"127.0.0.1"}`;
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_PUBLIC_URL: publicUrl,
  });
  const bare = await startBare('bytes', answer);
  const ask = (url: string, number: number, duration = seconds) =>
    load(url, duration, 'query.lua', idsFile, key, String(number));
  // The files are in the page cache, since they were written just now; but a process that has just begun has yet to map
  // each page when it first reads it, which a server does once in its life.
  await ask(plantain.url, 0, warmSeconds * Math.ceil(count / 100_000));
  let run = 0;
  const result = await interleave(
    rounds,
    { server: meterOf(plantain), load: () => ask(plantain.url, ++run) },
    { server: meterOf(bare), load: () => ask(bare.url, ++run) },
  );
  await plantain.end();
  await bare.end();
  return [rateRow(what, 'bare node:http, same bytes', result, least)];
}
