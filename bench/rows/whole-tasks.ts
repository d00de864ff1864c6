// Tasks from the submit to the end, with an upstream that answers at once: how many a second one core carries, against a process that does
// only what can't be left out; and how long one takes that is alone. The upstream and the client run in this process, on the core of the load.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchClient, createBenchClient, exchange } from '../client.ts';
import { startInstantUpstream } from '../instant-upstream.ts';
import { median, meterOf, pinToLoadCore, startBareTasks, startPlantain } from '../processes.ts';
import { key } from '../seed.ts';
import { describeRates, measureRate, runOne, smallPicture, type TaskRate } from '../task-rate.ts';
import type { MeasureRows, Row } from './row.ts';
import { sayProgress } from './progress.ts';

/** Tasks under way at once while their rate is measured. */
const atOnce = 32;

/** Of what the bare process carries. */
const leastShare = 0.4;
const mostOverUpstreamMs = 8;

interface Times {
  /** Of tasks that are alone. */
  aloneMs: number[];
  /** Of calls to the upstream by the client itself, in turn with them. */
  directMs: number[];
}

export const measureWholeTasks: MeasureRows = async (options) => {
  const { rates, bareRates, times } = await measure({ ...options, alone: options.quick ? 100 : 200 });
  return [rateRow(rates, bareRates), timeRow(times)];
};

function rateRow(rates: TaskRate[], bareRates: TaskRate[]): Row {
  const share = median(
    rates.map((rate, round) => (bareRates[round]?.processorMsPerTask ?? NaN) / rate.processorMsPerTask),
  );
  return {
    what: 'tasks a second of one core, submit to end',
    measured: describeRates(rates),
    limit: `${describeRates(bareRates)} (a bare process that stores, asks, decodes, writes and answers)`,
    figure: share.toFixed(2),
    claim: `>= ${leastShare}`,
    holds: share >= leastShare,
  };
}

function timeRow({ aloneMs, directMs }: Times): Row {
  const [alone, direct] = [median(aloneMs), median(directMs)];
  return {
    what: 'submit to end, one task at a time',
    measured: `p50 ${alone.toFixed(1)} ms`,
    limit: `p50 ${direct.toFixed(1)} ms (the upstream, asked directly)`,
    figure: `${(alone - direct).toFixed(1)} ms`,
    claim: `p50 <= ${mostOverUpstreamMs} ms over it`,
    holds: alone - direct <= mostOverUpstreamMs,
  };
}

/** Each round takes `seconds` and then does `alone` tasks, one by one. */
async function measure(options: {
  directory: string;
  rounds: number;
  seconds: number;
  alone: number;
}): Promise<{ rates: TaskRate[]; bareRates: TaskRate[]; times: Times }> {
  pinToLoadCore();
  mkdirSync(options.directory);
  const upstream = await startInstantUpstream(await smallPicture());
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: join(options.directory, 'plantain'),
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    PLANTAIN_CONCURRENCY: String(atOnce),
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: upstream.url,
  });
  const bare = await startBareTasks(join(options.directory, 'bare'), upstream.url);
  const client = createBenchClient(plantain.url);
  const bareClient = createBenchClient(bare.url);
  const each = { atOnce, seconds: options.seconds };
  const rates: TaskRate[] = [];
  const bareRates: TaskRate[] = [];
  const times: Times = { aloneMs: [], directMs: [] };
  try {
    // The first round warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      const rate = await measureRate({ clients: [client], server: meterOf(plantain), ...each });
      const bareRate = await measureRate({ clients: [bareClient], server: meterOf(bare), ...each });
      const { aloneMs, directMs } = await measureAlone(client, upstream.url, options.alone);
      sayProgress(`round ${round} of ${options.rounds}`);
      if (round === 0) continue;
      rates.push(rate);
      bareRates.push(bareRate);
      times.aloneMs.push(...aloneMs);
      times.directMs.push(...directMs);
    }
  } finally {
    await plantain.end();
    await bare.end();
    upstream.close();
  }
  return { rates, bareRates, times };
}

async function measureAlone(client: BenchClient, upstreamUrl: string, count: number): Promise<Times> {
  const aloneMs: number[] = [];
  const directMs: number[] = [];
  for (let task = 0; task < count; task += 1) {
    const startedAt = performance.now();
    await exchange('POST', upstreamUrl, { prompt: 'a banana' });
    const answeredAt = performance.now();
    await runOne(client);
    directMs.push(answeredAt - startedAt);
    aloneMs.push(performance.now() - answeredAt);
  }
  return { aloneMs, directMs };
}
