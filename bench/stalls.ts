// `npm run stalls [-- words of a case]`: the longest wait of a status query while something hostile is sent, beside the longest
// in the same time without it. Server on one core, the load and the query on the other.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Measured, pinToLoadCore, startPlantain } from './processes.ts';
import { key } from './seed.ts';
import { startStrangers } from './stalls/answers.ts';
import { mcpCases, uploads } from './stalls/calls.ts';
import { floods, heads } from './stalls/floods.ts';
import { forms, multiparts } from './stalls/forms.ts';
import { batches, jsonCases } from './stalls/json.ts';
import { pictures } from './stalls/pictures.ts';
import type { StallCase, Target } from './stalls/requests.ts';
import { sayProgress } from './rows/progress.ts';

/** Milliseconds that the wait is to stay below. */
const maxMs = 100;
/** Milliseconds after which a request is given up. */
const patienceMs = 60_000;
const settleMs = 300;

interface Row {
  what: string;
  /** Of processor time, in one turn of the server's event loop. */
  turnMs: number;
  quietMs: number;
  longestMs: number;
  seconds: number;
  answer: string;
}

pinToLoadCore();
const wanted = process.argv.slice(2).join(' ').toLowerCase();
const strangers = await startStrangers();
const all = [
  jsonCases,
  batches,
  forms,
  multiparts,
  mcpCases,
  uploads,
  pictures,
  heads,
  floods,
  strangers,
].flat();
const chosen = all.filter(({ what }) => what.toLowerCase().includes(wanted));
console.log(
  '| what | longest wait | quiet | longest turn | sent for | answers |\n| --- | --- | --- | --- | --- | --- |',
);
let late = 0;
for (const each of chosen) {
  sayProgress(`${each.what} ...`);
  const { what, longestMs, quietMs, turnMs, seconds, answer } = await measureInNewServer(each);
  if (longestMs > maxMs) late += 1;
  console.log(
    `| ${what} | ${longestMs.toFixed(0)} ms | ${quietMs.toFixed(0)} ms | ${turnMs.toFixed(0)} ms | ${seconds.toFixed(1)} s | ${answer} |`,
  );
}
console.log(`\n${chosen.length} cases, ${late} of them with a wait of more than ${maxMs} ms.`);
process.exit(late === 0 ? 0 : 1);

/** A new server for each, so that none pays for another. */
async function measureInNewServer(each: StallCase): Promise<Row> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-stalls-'));
  const server = await startPlantain({
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    PLANTAIN_SANDBOX_DURATION_MS: '0',
    ...each.settings,
    NODE_OPTIONS: `--import=${new URL('./longest-turn.ts', import.meta.url).href}`,
    BENCH_LONGEST_TURN: join(directory, 'longest-turn'),
  });
  try {
    return await measure(each, { url: server.url, key }, () => longestTurn(server.pid, directory));
  } finally {
    await end(server);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** In milliseconds, since it was asked before. */
async function longestTurn(pid: number, directory: string): Promise<number> {
  const file = join(directory, 'longest-turn');
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    await sleep(10);
    if (existsSync(file) && statSync(file).size > 0) return Number(readFileSync(file, 'utf8'));
  }
}

async function measure(
  { what, prepare, send }: StallCase,
  target: Target,
  askTurn: () => Promise<number>,
): Promise<Row> {
  await prepare?.(target);
  const poller = await startPoller(target);
  await sleep(settleMs);
  await poller.longest();
  await sleep(settleMs);
  await askTurn();
  const quietMs = await poller.longest();
  const startedAt = performance.now();
  const patience = new AbortController();
  const answer = await Promise.race([
    send(target),
    sleep(patienceMs, 'given up', { signal: patience.signal }).catch(() => ''),
  ]);
  patience.abort();
  const seconds = (performance.now() - startedAt) / 1000;
  // Work that was begun may go on behind the answer.
  await sleep(settleMs);
  const longestMs = await poller.longest();
  await poller.end();
  const turnMs = await askTurn();
  return { what, turnMs, quietMs, longestMs, seconds, answer };
}

/** Asks for a task that has ended. */
async function startPoller({ url, key: authorization }: Target) {
  const headers = { authorization, 'content-type': 'application/json' };
  const submitted = await fetch(`${url}/api/gemini/nano-banana`, {
    method: 'POST',
    headers,
    body: '{"prompt":"a banana"}',
  });
  const { data } = (await submitted.json()) as { data: { task_id: string } };
  const thread = new Worker(new URL('./stalls/poller.ts', import.meta.url), {
    workerData: { url, key: authorization, id: data.task_id },
  });
  return {
    async longest(): Promise<number> {
      const answer = new Promise<{ longestMs: number }>((resolve) => thread.once('message', resolve));
      thread.postMessage('');
      return (await answer).longestMs;
    },
    end: () => thread.terminate(),
  };
}

async function end(server: Measured): Promise<void> {
  await server.end();
}
