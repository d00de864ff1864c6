// `node bench/following.ts`: 2,000 long polls and 2,000 event streams at once on one process. Measures the memory of each, the time until
// each is notified of its task's end, and the effect on status queries. The limit is bare node:http that holds as many answers and sends
// the same bytes. Tasks are ended by cancelling them, so that only the commit comes before the notification.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { load, type Measured, pinToLoadCore, startBare, startPlantain } from './processes.ts';
import { sayStep } from './rows/progress.ts';
import { key } from './seed.ts';

const waiters = 2_000;
const settleMs = 1_000;
const endEveryMs = 5;
const loadSeconds = 5;
const submitPath = '/api/gemini/nano-banana';
const headers = { authorization: key, 'content-type': 'application/json' };
const agent = new Agent({ keepAlive: true, maxSockets: 50 });

/** Resolves with the answer's head; what follows is the caller's. */
function open(method: string, url: string, options: { agent?: Agent | false; body?: unknown } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(url, { method, headers, agent: options.agent ?? false }, resolve);
  outgoing.on('error', reject);
  outgoing.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  return promise;
}

async function call(method: string, url: string, body?: unknown): Promise<{ task_id: string }> {
  const answer = await text(await open(method, url, { agent, body }));
  const { code, data } = JSON.parse(answer) as { code: number; data: { task_id: string } };
  if (code !== 200) throw new Error(`The server refused: ${answer}`);
  return data;
}

/** Waiter for the end of a task. `told` resolves with the time of its notification. */
interface Waiter {
  path: string;
  told: Promise<number>;
}

function longPoll(url: string, path: string): Waiter {
  const told = open('GET', `${url}${path}?wait=60&until=final`).then((answer) => whenItSays(answer));
  return { path, told };
}

async function stream(url: string, path: string): Promise<Waiter> {
  const answer = await open('GET', `${url}${path}/events`);
  return { path, told: whenItSays(answer) };
}

async function whenItSays(answer: IncomingMessage): Promise<number> {
  for await (const chunk of answer.setEncoding('utf8')) {
    if (String(chunk).includes('"state":"error"')) {
      const at = performance.now();
      answer.resume();
      return at;
    }
  }
  throw new Error('It ended before it told the end.');
}

/** Ends tasks one after the other, and gives how long it took from the wish until each waiter was told. */
async function endAll(all: readonly Waiter[], end: (path: string) => Promise<unknown>): Promise<number[]> {
  const endedAt = new Map<string, number>();
  const ends: Promise<unknown>[] = [];
  for (const path of new Set(all.map((waiter) => waiter.path))) {
    endedAt.set(path, performance.now());
    ends.push(end(path));
    await sleep(endEveryMs);
  }
  await Promise.all(ends);
  return Promise.all(all.map(async ({ path, told }) => (await told) - (endedAt.get(path) ?? Number.NaN)));
}

async function openAll(
  url: string,
  paths: readonly string[],
): Promise<{ polls: Waiter[]; streams: Waiter[] }> {
  const polls = paths.map((path) => longPoll(url, path));
  await sleep(settleMs);
  const streams: Waiter[] = [];
  for (let at = 0; at < paths.length; at += 100)
    streams.push(...(await Promise.all(paths.slice(at, at + 100).map((path) => stream(url, path)))));
  await sleep(settleMs);
  return { polls, streams };
}

const mebibytes = ({ pid }: Measured): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Memory that opening takes, in KiB for each. */
async function memoryOf(server: Measured, opening: () => Promise<Waiter[]>): Promise<[Waiter[], number]> {
  const before = mebibytes(server);
  const opened = await opening();
  await sleep(settleMs);
  return [opened, ((mebibytes(server) - before) * 1024) / opened.length];
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const of = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1);
  return `p50 ${of(0.5)} ms, p99 ${of(0.99)} ms`;
}

async function measurePlantain(directory: string): Promise<Record<string, string>> {
  const server = await startPlantain({
    PLANTAIN_DATA_DIR: join(directory, 'data'),
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    PLANTAIN_CONCURRENCY: '1',
    PLANTAIN_MAX_WAITING_PER_KEY: '10000',
  });
  const cancel = (path: string) => call('POST', `${server.url}${path}/cancel`);
  try {
    // The first one runs and never ends, so that all others wait.
    await submit(server, 1);
    const warm = await submit(server, 200);
    await endAll(await Promise.all(warm.map((path) => stream(server.url, path))), cancel);
    const idsFile = join(directory, 'ids.txt');
    writeFileSync(idsFile, warm.map((path) => `${path.slice(submitPath.length + 1)}\n`).join(''));
    const queries = () => load(server.url, loadSeconds, 'poll.lua', idsFile, key);
    const paths = await submit(server, waiters);
    await queries();
    const alone = await queries();
    const { opened, memory } = await openMeasured(server, paths);
    const besides = await queries();
    const told = await endAll(opened, cancel);
    return {
      ...memory,
      'told, each of its own task': quantiles(told),
      'told, all 4,000 of one task': quantiles(await endCrowd(server, cancel)),
      'status query, nobody waiting': `p50 ${alone.p50Ms.toFixed(2)} ms, p99 ${alone.p99Ms.toFixed(1)} ms`,
      'status query beside 4,000 waiters': `p50 ${besides.p50Ms.toFixed(2)} ms, p99 ${besides.p99Ms.toFixed(1)} ms`,
    };
  } finally {
    await server.end();
  }
}

/** Resolves with the paths of as many tasks as wait from then on. */
async function submit(server: Measured, count: number): Promise<string[]> {
  const made: string[] = [];
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, () =>
      call('POST', server.url + submitPath, { prompt: '[[hang]]' }),
    );
    made.push(...(await Promise.all(some)).map(({ task_id: id }) => `${submitPath}/${id}`));
  }
  return made;
}

/** A long poll and a stream for each of the paths. */
async function openMeasured(server: Measured, paths: readonly string[]) {
  sayStep(`opening ${paths.length} long polls and as many streams ...`);
  const [polls, pollKib] = await memoryOf(server, async () => {
    const opened = paths.map((path) => longPoll(server.url, path));
    await sleep(settleMs);
    return opened;
  });
  const [streams, streamKib] = await memoryOf(server, () =>
    Promise.all(paths.map((path) => stream(server.url, path))),
  );
  return {
    opened: [...polls, ...streams],
    memory: {
      'memory of a long poll': `${pollKib.toFixed(1)} KiB`,
      'memory of an event stream': `${streamKib.toFixed(1)} KiB`,
    },
  };
}

async function endCrowd(server: Measured, cancel: (path: string) => Promise<unknown>) {
  const [shared = ''] = await submit(server, 1);
  const crowd = await openAll(
    server.url,
    Array.from({ length: waiters }, () => shared),
  );
  return endAll([...crowd.polls, ...crowd.streams], cancel);
}

async function measureBare(): Promise<Record<string, string>> {
  const server = await startBare('hold', `{"state":"error","padding":"${'x'.repeat(600)}"}`);
  const end = async (path: string) => text(await open('POST', server.url + path, { agent }));
  const paths = Array.from({ length: waiters }, (_, index) => `/${index}`);
  try {
    const warm = Array.from({ length: 200 }, (_, index) => `/warm/${index}`);
    await endAll(await Promise.all(warm.map((path) => stream(server.url, path))), end);
    const { opened, memory } = await openMeasured(server, paths);
    const told = await endAll(opened, end);
    const crowd = await openAll(
      server.url,
      Array.from({ length: waiters }, () => '/shared'),
    );
    return {
      ...memory,
      'told, each of its own task': quantiles(told),
      'told, all 4,000 of one task': quantiles(await endAll([...crowd.polls, ...crowd.streams], end)),
    };
  } finally {
    await server.end();
  }
}

pinToLoadCore();
const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-following-'));
try {
  sayStep('measuring bare node:http ...');
  const limit = await measureBare();
  sayStep('measuring Plantain ...');
  const measured = await measurePlantain(directory);
  console.log('| what | measured | bare node:http |\n| --- | --- | --- |');
  for (const [what, figure] of Object.entries(measured))
    console.log(`| ${what} | ${figure} | ${limit[what] ?? '-'} |`);
} finally {
  agent.destroy();
  rmSync(directory, { recursive: true });
}
