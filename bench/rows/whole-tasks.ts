// Tasks from the submit to the end, with an upstream that answers at once: how many a second one core carries, and how long one takes
// that is alone. The upstream and the client run in this process, on the core of the load.

import sharp from 'sharp';
import { type BenchClient, createBenchClient, exchange } from '../client.ts';
import { startInstantUpstream } from '../instant-upstream.ts';
import { median, pinToLoadCore, processorMs, startPlantain } from '../processes.ts';
import { key } from '../seed.ts';
import { type MeasureRows, type Row, whole } from './row.ts';

/** Tasks under way at once while their rate is measured. */
const atOnce = 32;

const leastPerSecond = 500;
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
  const { rates, times } = await measure({ ...options, alone: options.quick ? 100 : 200 });
  return [rateRow(rates), timeRow(times)];
};

function rateRow(rates: Rate[]): Row {
  const processorMsPerTask = median(rates.map((rate) => rate.processorMsPerTask));
  const perSecond = median(rates.map((rate) => rate.perSecond));
  const ofOneCore = 1_000 / processorMsPerTask;
  return {
    what: 'tasks a second of one core, submit to end',
    measured: `${processorMsPerTask.toFixed(2)} ms of processor time each; ${whole(perSecond)}/s came through`,
    limit: '-',
    figure: `${whole(ofOneCore)}/s`,
    claim: `>= ${leastPerSecond}/s`,
    holds: ofOneCore >= leastPerSecond,
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
}): Promise<{ rates: Rate[]; times: Times }> {
  pinToLoadCore();
  const upstream = await startInstantUpstream(await smallPicture());
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: options.directory,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    PLANTAIN_CONCURRENCY: String(atOnce),
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: upstream.url,
  });
  const client = createBenchClient(plantain.url);
  const rates: Rate[] = [];
  const times: Times = { aloneMs: [], directMs: [] };
  try {
    // The first round warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      const rate = await measureRate(client, plantain.pid, options.seconds);
      const { aloneMs, directMs } = await measureAlone(client, upstream.url, options.alone);
      if (round === 0) continue;
      rates.push(rate);
      times.aloneMs.push(...aloneMs);
      times.directMs.push(...directMs);
    }
  } finally {
    await plantain.end();
    upstream.close();
  }
  return { rates, times };
}

/** 64 by 64 pixels: the server, not the decoder, is measured. */
const smallPicture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#f4d03f' } })
    .png()
    .toBuffer();

async function measureRate(client: BenchClient, pid: number, seconds: number): Promise<Rate> {
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
