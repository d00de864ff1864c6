// Status queries of a key that is limited, against the same server without limits: what it costs to count a query and to tell what is left.

import { interleave, load, meterOf, startPlantain } from '../processes.ts';
import { key, publicUrl, seed } from '../seed.ts';
import { type MeasureRows, rateRow } from './row.ts';

const tasks = 10_000;
/**
 * Loads of each side in a pair. The difference is a hundredth or two, and a shared machine's speed changes by more from one second to the
 * next.
 */
const turns = 4;
/** More than can be asked. */
const limits = JSON.stringify({ submits_per_minute: 1_000_000, queries_per_minute: 20_000_000 });

export const measureLimitedStatus: MeasureRows = async ({ directory, rounds, seconds }) => {
  const start = async (name: string, more: Record<string, string>) => {
    const folder = `${directory}-${name}`;
    const { idsFile } = seed(folder, tasks);
    const server = await startPlantain({
      PLANTAIN_DATA_DIR: folder,
      PLANTAIN_ADMIN_KEY: key,
      PLANTAIN_PUBLIC_URL: publicUrl,
      ...more,
    });
    let run = 0;
    const ask = (duration = Math.ceil(seconds / 3)) =>
      load(server.url, duration, 'query.lua', idsFile, key, String((run += 1)));
    return { server, ask };
  };
  const limited = await start('limited', { PLANTAIN_KEY_LIMITS: limits });
  const free = await start('free', {});
  for (const { ask } of [limited, free]) await ask(4);
  const result = await interleave(
    rounds,
    { server: meterOf(limited.server), load: () => limited.ask() },
    { server: meterOf(free.server), load: () => free.ask() },
    turns,
  );
  for (const { server } of [limited, free]) await server.end();
  const { least, most } = result.spread;
  const what = `status query of a key with limits; pairs from ${least.toFixed(2)} to ${most.toFixed(2)}`;
  return [rateRow(what, 'the same without limits', result, 0.95)];
};
