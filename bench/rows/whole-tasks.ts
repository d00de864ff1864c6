// Tasks from the submit to the end, with an upstream that answers at once: how many a second one core carries, against a process that does
// only what can't be left out; and how long one takes that is alone. The upstream and the client run in this process, on the core of the load.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { type BenchClient, createBenchClient, exchange } from '../client.ts';
import { startInstantUpstream } from '../instant-upstream.ts';
import {
  type Measured,
  median,
  pinToLoadCore,
  processorMs,
  startBareTasks,
  startPlantain,
} from '../processes.ts';
import { key } from '../seed.ts';
import { type MeasureRows, type Row, whole } from './row.ts';

/** Tasks under way at once while their rate is measured. */
const atOnce = 32;

/** Of what the bare process carries. */
const leastShare = 0.4;
const mostOverUpstreamMs = 8;

interface Rate {
  perSecond: number;
  /** Of the server, all its threads. */
  processorMsPerTask: number;
}

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

function rateRow(rates: Rate[], bareRates: Rate[]): Row {
  const share = median(
    rates.map((rate, round) => (bareRates[round]?.processorMsPerTask ?? NaN) / rate.processorMsPerTask),
  );
  return {
    what: 'tasks a second of one core, submit to end',
    measured: describe(rates),
    limit: `${describe(bareRates)} (a bare process that stores, asks, decodes, writes and answers)`,
    figure: share.toFixed(2),
    claim: `>= ${leastShare}`,
    holds: share >= leastShare,
  };
}

function describe(rates: Rate[]): string {
  const processorMsPerTask = median(rates.map((rate) => rate.processorMsPerTask));
  const perSecond = median(rates.map((rate) => rate.perSecond));
  return `${whole(1_000 / processorMsPerTask)}/s, ${processorMsPerTask.toFixed(2)} ms of processor time each; ${whole(perSecond)}/s came through`;
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
}): Promise<{ rates: Rate[]; bareRates: Rate[]; times: Times }> {
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
  const rates: Rate[] = [];
  const bareRates: Rate[] = [];
  const times: Times = { aloneMs: [], directMs: [] };
  try {
    // The first round warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      const rate = await measureRate(client, plantain, options.seconds);
      const bareRate = await measureRate(bareClient, bare, options.seconds);
      const { aloneMs, directMs } = await measureAlone(client, upstream.url, options.alone);
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

/** 64 by 64 pixels: the server, not the decoder, is measured. */
const smallPicture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#f4d03f' } })
    .png()
    .toBuffer();

async function measureRate(client: BenchClient, { pid }: Measured, seconds: number): Promise<Rate> {
  const startedAt = performance.now();
  const processorBefore = processorMs(pid);
  let tasks = 0;
  const submitOn = async () => {
    while (performance.now() < startedAt + seconds * 1_000) {
      await runOne(client);
      tasks += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, submitOn));
  return {
    perSecond: (tasks * 1_000) / (performance.now() - startedAt),
    processorMsPerTask: (processorMs(pid) - processorBefore) / tasks,
  };
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

async function runOne(client: BenchClient): Promise<void> {
  const id = await client.submit({ prompt: 'a banana on a skateboard, in the rain' });
  if ((await client.waitForEnd(id)) !== 'succeeded') throw new Error('A task of the bench failed.');
}
