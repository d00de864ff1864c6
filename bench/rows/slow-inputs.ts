// Effect of 200 tasks that wait for input pictures, which arrive a byte at a time, on the status queries and tasks of others. Both are
// timed on the same server, in turn with and without the 200. The host of slow pictures and an upstream that answers at once run in this
// process, on the core of the load.

import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallPng } from 'plantain-server/src/upstreams/png.fixture.ts';
import { type BenchClient, createBenchClient, submitPath } from '../client.ts';
import { startInstantUpstream } from '../instant-upstream.ts';
import { type Load, load, median, pinToLoadCore, quantile, startPlantain } from '../processes.ts';
import { key } from '../seed.ts';
import type { MeasureRows, Row } from './row.ts';
import { sayProgress } from './progress.ts';

const slowTasks = 200;
/** Between two bytes of all slow pictures: each has one a second. */
const dripMs = 1_000 / slowTasks;
const submitEveryMs = 50;
const settleMs = 1_000;

interface Phase {
  queries: Load;
  /** From the answer to the submit until a status query says that the task succeeded. */
  tasksMs: number[];
}

interface Round {
  slowly: Phase;
  without: Phase;
}

interface Compared {
  p50Ms: [slowly: number, without: number];
  p99Ms: [slowly: number, without: number];
  /** Of the first p99 to the second. */
  ratio: number;
}

export const measureSlowInputs: MeasureRows = async ({ directory, seconds, quick }) => {
  const { queries, tasks } = await compare({ directory, rounds: quick ? 3 : 7, seconds: 2 * seconds });
  return [
    toRow('status query while 200 input pictures arrive slowly', queries),
    toRow('accepted to succeeded meanwhile', tasks),
  ];
};

function toRow(what: string, { p50Ms, p99Ms, ratio }: Compared): Row {
  const [measured = '', limit = ''] = [0, 1].map(
    (side) => `p50 ${p50Ms[side]?.toFixed(2)} ms, p99 ${p99Ms[side]?.toFixed(1)} ms`,
  );
  return {
    what,
    measured,
    limit: `${limit} (the same without them)`,
    figure: ratio.toFixed(2),
    claim: 'p99 <= 2 times',
    holds: ratio <= 2,
  };
}

/** Each round has two phases of `seconds`. */
async function compare(options: {
  directory: string;
  rounds: number;
  seconds: number;
}): Promise<{ queries: Compared; tasks: Compared }> {
  pinToLoadCore();
  const far = await startFarSide();
  const plantain = await startPlantain({
    PLANTAIN_DATA_DIR: options.directory,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    PLANTAIN_CONCURRENCY: String(slowTasks + 50),
    PLANTAIN_FETCH_CONCURRENCY_PER_ADDRESS: String(slowTasks),
    PLANTAIN_ALLOWED_PRIVATE_HOSTS: new URL(far.url).host,
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: far.url,
  });
  const client = createBenchClient(plantain.url);
  const rounds: Round[] = [];
  try {
    const ids = await Promise.all(Array.from({ length: 100 }, () => client.submit({ prompt: 'a banana' })));
    for (const id of ids) await client.pollToEnd(id);
    const idsFile = join(options.directory, 'ids.txt');
    writeFileSync(idsFile, `${ids.join('\n')}\n`);
    const run = () => measure(plantain.url, client, { idsFile, seconds: options.seconds });
    // The first round warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      const without = await run();
      const slow = await Promise.all(
        Array.from({ length: slowTasks }, () =>
          client.submit({ prompt: 'a banana', image_urls: [`${far.url}/slow`] }, `${submitPath}-edit`),
        ),
      );
      while (far.receivers.size < slowTasks) await sleep(10);
      // The waiting is measured, and not the arrival of 200 tasks at once.
      await sleep(settleMs);
      const slowly = await run();
      if (far.receivers.size < slowTasks) throw new Error('Some of the slow pictures were given up.');
      for (const receiver of far.receivers) receiver.end();
      for (const id of slow) await client.pollToEnd(id);
      if (round > 0) rounds.push({ slowly, without });
      sayProgress(`round ${round} of ${options.rounds}`);
    }
  } finally {
    await plantain.end();
    far.close();
  }
  return { queries: compareQueries(rounds), tasks: compareTasks(rounds) };
}

/** Asks for tasks that are done, and has others done meanwhile. */
async function measure(
  url: string,
  client: BenchClient,
  { idsFile, seconds }: { idsFile: string; seconds: number },
): Promise<Phase> {
  const following: Promise<number>[] = [];
  const submitting = setInterval(() => following.push(followOne(client)), submitEveryMs);
  const queries = await load(url, seconds, 'poll.lua', idsFile, key);
  clearInterval(submitting);
  return { queries, tasksMs: await Promise.all(following) };
}

async function followOne(client: BenchClient): Promise<number> {
  const id = await client.submit({ prompt: 'a banana' });
  const acceptedAt = performance.now();
  if ((await client.pollToEnd(id)) !== 'succeeded') throw new Error('A task of the bench failed.');
  return performance.now() - acceptedAt;
}

/** Medians of the rounds, since a shared machine's speed drifts. */
function compareQueries(rounds: Round[]): Compared {
  const of = (value: (load: Load) => number): [number, number] => [
    median(rounds.map(({ slowly }) => value(slowly.queries))),
    median(rounds.map(({ without }) => value(without.queries))),
  ];
  const ratio = median(rounds.map(({ slowly, without }) => slowly.queries.p99Ms / without.queries.p99Ms));
  return { p50Ms: of(({ p50Ms }) => p50Ms), p99Ms: of(({ p99Ms }) => p99Ms), ratio };
}

/** All rounds together: one has too few tasks for a p99. */
function compareTasks(rounds: Round[]): Compared {
  const slowly = rounds.flatMap((round) => round.slowly.tasksMs);
  const without = rounds.flatMap((round) => round.without.tasksMs);
  const of = (share: number): [number, number] => [quantile(slowly, share), quantile(without, share)];
  const p99Ms = of(0.99);
  return { p50Ms: of(0.5), p99Ms, ratio: p99Ms[0] / p99Ms[1] };
}

/** `/slow` sends a picture that never ends, to as many `receivers` as ask for it; everything else is Gemini's wire. */
async function startFarSide() {
  const receivers = new Set<ServerResponse>();
  const upstream = await startInstantUpstream(smallPng, (incoming, response) => {
    if (incoming.url !== '/slow') return false;
    receivers.add(response);
    response.on('close', () => receivers.delete(response));
    response.writeHead(200, { 'content-type': 'image/png' }).flushHeaders();
    return true;
  });
  const dripping = setInterval(() => {
    // The one that was served longest ago, so that the bytes are spread and never come in a burst.
    const [receiver] = receivers;
    if (receiver === undefined) return;
    receivers.delete(receiver);
    if (receiver.writableEnded || receiver.destroyed) return;
    receivers.add(receiver);
    receiver.write('x');
  }, dripMs);
  return {
    url: upstream.url,
    receivers: receivers as ReadonlySet<ServerResponse>,
    close() {
      clearInterval(dripping);
      upstream.close();
    },
  };
}
