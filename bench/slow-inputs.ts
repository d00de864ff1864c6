// What everyone else notices while 200 tasks wait for input pictures that arrive a byte at a time: how long status queries
// take, and how long other tasks take, on the same server in turn with and without them. The far side of all this, a host
// of slow pictures and an upstream that answers at once, runs in this process, on the core of the load.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallPng } from 'plantain-server/src/upstreams/png.fixture.ts';
import { type Load, load, loadCore, median, startPlantain } from './processes.ts';
import { key } from './seed.ts';

const slowTasks = 200;
/** Between two bytes of all slow pictures: each has one a second. */
const dripMs = 1_000 / slowTasks;
const submitEveryMs = 50;
const followEveryMs = 5;
const settleMs = 1_000;
const submitPath = '/api/gemini/nano-banana';

interface Phase {
  queries: Load;
  /** From the answer to the submit until a status query says that the task succeeded. */
  tasksMs: number[];
}

interface Round {
  slowly: Phase;
  without: Phase;
}

export interface Compared {
  p50Ms: [slowly: number, without: number];
  p99Ms: [slowly: number, without: number];
  /** Of the first p99 to the second. */
  ratio: number;
}

/** `directory` is made for the server's data. Each round has two phases of `seconds`. */
export async function measureSlowInputs(options: {
  directory: string;
  rounds: number;
  seconds: number;
}): Promise<{ queries: Compared; tasks: Compared }> {
  execFileSync('taskset', ['-acp', loadCore, String(process.pid)], { stdio: 'ignore' });
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
  const client = createClient(plantain.url);
  const rounds: Round[] = [];
  try {
    const ids = await Promise.all(Array.from({ length: 100 }, () => client.submit({ prompt: 'a banana' })));
    for (const id of ids) await client.untilEnded(id);
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
      // What is measured is that they wait, not that 200 tasks came at once.
      await sleep(settleMs);
      const slowly = await run();
      if (far.receivers.size < slowTasks) throw new Error('Some of the slow pictures were given up.');
      for (const receiver of far.receivers) receiver.end();
      for (const id of slow) await client.untilEnded(id);
      if (round > 0) rounds.push({ slowly, without });
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
  client: Client,
  { idsFile, seconds }: { idsFile: string; seconds: number },
): Promise<Phase> {
  const following: Promise<number>[] = [];
  const submitting = setInterval(() => following.push(followOne(client)), submitEveryMs);
  const queries = await load(url, seconds, 'poll.lua', idsFile, key);
  clearInterval(submitting);
  return { queries, tasksMs: await Promise.all(following) };
}

async function followOne(client: Client): Promise<number> {
  const id = await client.submit({ prompt: 'a banana' });
  const acceptedAt = performance.now();
  if ((await client.untilEnded(id)) !== 'succeeded') throw new Error('A task of the bench failed.');
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

function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

interface Client {
  submit(body: unknown, path?: string): Promise<string>;
  task(id: string): Promise<{ state: string }>;
  untilEnded(id: string): Promise<string>;
}

function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = { authorization: key, 'content-type': 'application/json' };
    const outgoing = request(url + path, { method, agent, headers }, (answer) => {
      text(answer).then(resolve, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    const answer = await promise;
    const { code, data } = JSON.parse(answer) as { code: number; data: unknown };
    if (code !== 200) throw new Error(`The server refused: ${answer}`);
    return data;
  }
  const task = async (id: string) => (await call('GET', `${submitPath}/${id}`)) as { state: string };
  return {
    submit: async (body, path = submitPath) =>
      ((await call('POST', path, body)) as { task_id: string }).task_id,
    task,
    async untilEnded(id) {
      for (;;) {
        const { state } = await task(id);
        if (state === 'succeeded' || state === 'error') return state;
        await sleep(followEveryMs);
      }
    },
  };
}

/** `/slow` sends a picture that never ends, to as many `receivers` as ask for it; everything else is Gemini's wire. */
async function startFarSide() {
  const receivers = new Set<ServerResponse>();
  const inlineData = { mimeType: 'image/png', data: smallPng.toString('base64') };
  const made = JSON.stringify({
    candidates: [{ content: { parts: [{ inlineData }] }, finishReason: 'STOP' }],
  });
  const server = createServer((incoming, response) => {
    incoming.resume();
    if (incoming.url === '/slow') {
      receivers.add(response);
      response.on('close', () => receivers.delete(response));
      response.writeHead(200, { 'content-type': 'image/png' }).flushHeaders();
    } else response.writeHead(200, { 'content-type': 'application/json' }).end(made);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    receivers: receivers as ReadonlySet<ServerResponse>,
    close() {
      clearInterval(dripping);
      server.close();
      server.closeAllConnections();
    },
  };
}
