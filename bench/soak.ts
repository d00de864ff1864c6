// `npm run soak [-- COUNT]`: a few thousand tasks with every kind of failure and with webhooks, while the server is killed twice.
// Nothing may be lost: each accepted task ends as its prompt says, each end is told, and each picture is whole.

import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type TaskData } from '@plantain/client';
import { startPlantain } from './processes.ts';
import { sayProgress } from './rows/progress.ts';

const count = Number(process.argv[2] ?? 3_000);
const key = 'plantain_key_of_the_soak_test_which_is_long_enough';
const submitsAtOnce = 16;
/** After how many of the submits the server is killed. */
const kills = [0.35, 0.8];

/** Directives of prompts, how often each comes, and how its task may end; a kill in the middle of a call may leave it `internal`. */
const kinds: readonly { directive: string; share: number; ends: readonly string[] }[] = [
  { directive: '', share: 40, ends: ['succeeded'] },
  { directive: '[[images 2]]', share: 8, ends: ['succeeded'] },
  { directive: '[[delay 900ms]]', share: 8, ends: ['succeeded'] },
  { directive: '[[fail upstream_unavailable x2]]', share: 8, ends: ['succeeded'] },
  { directive: '[[fail upstream_rate_limited x1 retry_after 1s]]', share: 8, ends: ['succeeded'] },
  { directive: '[[fail no_image x1]]', share: 6, ends: ['succeeded'] },
  {
    directive: '[[fail upstream_unavailable x1 unknown]]',
    share: 6,
    ends: ['succeeded', 'upstream_unavailable'],
  },
  { directive: '[[fail content_rejected]]', share: 6, ends: ['content_rejected'] },
  { directive: '[[fail upstream_bad_request]]', share: 4, ends: ['upstream_bad_request'] },
  { directive: '[[web_page]]', share: 4, ends: ['no_image'] },
  { directive: '[[fail no_image]]', share: 2, ends: ['no_image'] },
];

interface Submitted {
  id: string;
  ends: readonly string[];
}

const directory = mkdtempSync(join(tmpdir(), 'plantain-soak-'));
const receiver = await startReceiver();
const settings = {
  PLANTAIN_DATA_DIR: directory,
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_SANDBOX_DURATION_MS: '20',
  PLANTAIN_CONCURRENCY: '24',
  PLANTAIN_RETRY_BASE_MS: '50',
  PLANTAIN_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}`,
};
let server = await startPlantain(settings);
const clientOf = (baseUrl: string) => createClient({ baseUrl, apiKey: key, maxRetries: 0 });
const submitted: Submitted[] = [];
let refused = 0;
let killed = 0;
const startedAt = performance.now();

try {
  await Promise.all(Array.from({ length: submitsAtOnce }, submitMany));
  console.log(
    `${submitted.length} tasks were accepted, ${refused} submits failed while the server was down, ${killed} kills`,
  );
  const faults = await lookAtEnds();
  faults.push(...(await lookAtWebhooks()), ...lookAtDatabase());
  console.log(
    `${((performance.now() - startedAt) / 1000).toFixed(0)} s, ${receiver.received()} webhooks received`,
  );
  for (const fault of faults.slice(0, 50)) console.error(fault);
  console.log(faults.length === 0 ? 'Nothing was lost.' : `${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await server.end();
  receiver.close();
  rmSync(directory, { recursive: true });
}

async function submitMany(): Promise<void> {
  while (submitted.length < count) {
    const kind = choose();
    try {
      const { task_id: id } = await clientOf(server.url).generate({
        prompt: `a plantain ${kind.directive}`,
        callback_url: receiver.url,
      });
      submitted.push({ id, ends: kind.ends });
      sayProgress(`${submitted.length} of ${count} tasks accepted`);
    } catch {
      refused += 1;
      await sleep(50);
    }
    if (submitted.length >= (kills[killed] ?? 2) * count) await kill();
  }
}

async function kill(): Promise<void> {
  killed += 1;
  await server.end();
  server = await startPlantain(settings);
}

function choose() {
  let point = randomInt(kinds.reduce((sum, { share }) => sum + share, 0));
  return kinds.find(({ share }) => (point -= share) < 0) ?? kinds[0]!;
}

async function lookAtEnds(): Promise<string[]> {
  const faults: string[] = [];
  const ends = new Map<string, number>();
  for (const [index, { id, ends: expected }] of submitted.entries()) {
    const task = await finalOf(id);
    sayProgress(`${index + 1} of ${submitted.length} tasks looked at`);
    const end =
      task === null ? 'lost' : task.state === 'succeeded' ? 'succeeded' : (task.error?.type ?? task.state);
    ends.set(end, (ends.get(end) ?? 0) + 1);
    const cut =
      task?.attempts.some(({ outcome }) => outcome === 'unknown' || outcome === 'interrupted') === true;
    if (!expected.includes(end) && !(cut && end === 'internal'))
      faults.push(`${id}: ${end} instead of ${expected.join(' or ')}`);
    if (task?.state === 'succeeded') faults.push(...(await lookAtPictures(task)));
  }
  console.log([...ends].map(([end, times]) => `${end} ${times}`).join(', '));
  return faults;
}

async function finalOf(id: string): Promise<TaskData | null> {
  for (const endsAt = performance.now() + 300_000; performance.now() < endsAt;) {
    const task = await clientOf(server.url).get(id);
    if (task.state === 'succeeded' || task.state === 'error') return task;
    await sleep(100);
  }
  return null;
}

async function lookAtPictures({ task_id: id, data }: TaskData): Promise<string[]> {
  const faults: string[] = [];
  for (const { url } of data.images) {
    const path = new URL(url);
    const answer = await fetch(server.url + path.pathname + path.search);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== 200 || bytes[0] !== 0x89) faults.push(`${id}: a picture answers ${answer.status}`);
  }
  return faults;
}

async function lookAtWebhooks(): Promise<string[]> {
  for (const endsAt = performance.now() + 300_000; performance.now() < endsAt; await sleep(200))
    if (submitted.every(({ id }) => receiver.heard(id))) return [];
  return submitted.filter(({ id }) => !receiver.heard(id)).map(({ id }) => `${id}: its end was not told`);
}

function lookAtDatabase(): string[] {
  const database = new DatabaseSync(join(directory, 'plantain.db'), { readOnly: true });
  const [result] = database.prepare('PRAGMA integrity_check').all();
  database.close();
  return result?.['integrity_check'] === 'ok' ? [] : ['The database is damaged.'];
}

/** Takes webhooks; one of five is answered with 500, and comes again. */
async function startReceiver() {
  const told = new Set<string>();
  let received = 0;
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received += 1;
      if (randomInt(5) === 0) {
        response.writeHead(500).end();
        return;
      }
      const { type, data } = JSON.parse(body) as { type: string; data: TaskData };
      if (type === 'task.succeeded' || type === 'task.failed') told.add(data.task_id);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    heard: (id: string) => told.has(id),
    received: () => received,
    close: () => listener.close(),
  };
}
