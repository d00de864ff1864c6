// `npm run dwell [-- FLOOD]`: how long a quiet owner's tasks wait for their start beside another owner's flood of 10,000, of one key and of fifty.
// On SQLite, or, with PLANTAIN_DATABASE_URL, on PostgreSQL; then it takes a database in which nothing else works. With DWELL_SERVERS=2 a second
// server works on it too.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@plantain/client';
import { Client } from 'pg';
import { loadNow } from './machine.ts';
import { startPlantain } from './processes.ts';
import { sayProgress } from './rows/progress.ts';

const flood = Number(process.argv[2] ?? 10_000);
const adminKey = 'plantain_key_of_the_dwell_bench_which_is_long_enough';
/** One task's time. */
const taskMs = 500;
const concurrency = 4;
const quietTasks = 40;
const quietRestMs = 100;
const submitsAtOnce = 16;
const databaseUrl = process.env['PLANTAIN_DATABASE_URL'];

const directory = mkdtempSync(join(tmpdir(), 'plantain-dwell-'));
const pictures = join(directory, 'pictures');
mkdirSync(pictures);
const startOne = (name: string) =>
  startPlantain({
    PLANTAIN_DATA_DIR: join(directory, name),
    PLANTAIN_ADMIN_KEY: adminKey,
    PLANTAIN_SANDBOX_DURATION_MS: String(taskMs),
    PLANTAIN_CONCURRENCY: String(concurrency),
    ...(databaseUrl === undefined
      ? {}
      : {
          PLANTAIN_DATABASE_URL: databaseUrl,
          PLANTAIN_PICTURE_STORE: 'shared',
          PLANTAIN_PICTURES_DIR: pictures,
        }),
  });
const server = await startOne('first');
const second = process.env['DWELL_SERVERS'] === '2' ? await startOne('second') : undefined;
try {
  console.log(
    `${databaseUrl === undefined ? 'SQLite' : 'PostgreSQL'}, tasks of ${taskMs} ms, ${concurrency} at once, load ${loadNow()}`,
  );
  console.log(
    '| beside | dwell p50, ms | dwell p99, ms | a task took p50, ms | p99, ms | dwell p99 within it |\n| --- | --- | --- | --- | --- | --- |',
  );
  const quiet = await newKey('quiet');
  const idle = await stays(quiet);
  console.log(line('nobody else', idle));
  const flooding = await newKey('flood');
  await submitFlood([flooding]);
  console.log(line(`${flood} tasks of another key`, await stays(quiet)));
  const owner = await admin('owners', { name: 'flood' });
  const keys: string[] = [];
  for (let index = 0; index < 50; index += 1)
    keys.push(await newKey(`flood ${index}`, String(owner['owner_id'])));
  await submitFlood(keys);
  // The first flood still waits, so two owners are served beside the quiet one.
  console.log(line(`${flood} more over 50 keys of one owner`, await stays(quiet)));
} finally {
  await server.end();
  await second?.end();
  rmSync(directory, { recursive: true });
}

async function admin(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/admin/${path}`, {
    method: 'POST',
    headers: { authorization: adminKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { data } = (await answer.json()) as { data?: Record<string, unknown> };
  if (data === undefined) throw new Error(`The server refused to make one of ${path}.`);
  return data;
}

async function newKey(name: string, ownerId?: string): Promise<string> {
  const key = await admin('keys', { name, ...(ownerId === undefined ? {} : { owner_id: ownerId }) });
  return String(key['key'] ?? key['secret']);
}

async function submitFlood(keys: readonly string[]): Promise<void> {
  const clients = keys.map((apiKey) => createClient({ baseUrl: server.url, apiKey }));
  let left = flood;
  const submitOn = async () => {
    while (left > 0) {
      left -= 1;
      await clients[left % clients.length]?.generate({ prompt: 'one of a flood of bananas' });
      sayProgress(`${flood - left} of a flood of ${flood} submitted`);
    }
  };
  await Promise.all(Array.from({ length: submitsAtOnce }, submitOn));
}

interface Stay {
  dwellMs: number;
  /** From the start of the first call to the end. */
  runMs: number;
}

/** Submits quiet tasks, each when the one before has ended, and reads from the database how long each waited for its start. */
async function stays(apiKey: string): Promise<Stay[]> {
  const client = createClient({ baseUrl: server.url, apiKey });
  const ids: string[] = [];
  while (ids.length < quietTasks) {
    const { task_id: id } = await client.generate({ prompt: 'a quiet banana' });
    const ended = await fetch(`${server.url}/api/gemini/nano-banana/${id}?wait=50&until=final`, {
      headers: { authorization: apiKey },
    });
    await ended.arrayBuffer();
    ids.push(id);
    sayProgress(`${ids.length} of ${quietTasks} quiet tasks have ended`);
    await sleep(quietRestMs);
  }
  return await readStays(ids);
}

async function readStays(ids: readonly string[]): Promise<Stay[]> {
  const sql = (
    isOne: string,
  ) => `SELECT attempts.started_at - tasks.created_at AS "dwellMs", tasks.finished_at - attempts.started_at AS "runMs"
    FROM tasks JOIN attempts ON attempts.task_id = tasks.id AND attempts.number = 1 WHERE tasks.finished_at IS NOT NULL AND tasks.id ${isOne}`;
  if (databaseUrl === undefined) {
    const database = new DatabaseSync(join(directory, 'first', 'plantain.db'), { readOnly: true });
    const rows = database.prepare(sql('IN (SELECT value FROM json_each(?))')).all(JSON.stringify(ids));
    database.close();
    return rows as unknown as Stay[];
  }
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(sql('= ANY($1)'), [ids]);
  await client.end();
  return rows.map((row) => ({ dwellMs: Number(row.dwellMs), runMs: Number(row.runMs) }));
}

function line(title: string, all: readonly Stay[]): string {
  const at = (member: keyof Stay, share: number) => {
    const sorted = all.map((each) => each[member]).toSorted((a, b) => a - b);
    return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  };
  const [p50, p99] = [at('dwellMs', 0.5), at('dwellMs', 0.99)];
  // A task waits for one of those that run to end, and the longest of them may have just begun.
  const longest = at('runMs', 0.99);
  return `| ${title} | ${p50} | ${p99} | ${at('runMs', 0.5)} | ${longest} | ${p99 <= longest ? 'yes' : 'no'} |`;
}
