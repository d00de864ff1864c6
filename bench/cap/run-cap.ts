// Submits at once against a budget, on servers that this process starts.

import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { launchServer, run, type ServerProcess } from '../../e2e/launch-server.ts';
import { sayStep } from '../rows/progress.ts';

export interface CapOptions {
  directory: string;
  servers: number;
  /** Without one the records are in the directory. */
  databaseUrl: string | undefined;
  /** Submits at once in each round. */
  submits: number;
  /** How many of them the budget has room for. */
  room: number;
  rounds: number;
}

/** A round. */
export interface CapRow {
  store: string;
  servers: number;
  submits: number;
  room: number;
  accepted: number;
  refused: number;
  /** Answers that are neither. */
  others: number;
  /** Sum that was reserved or spent right after, micro-dollars. */
  held: number;
  limit: number;
  /** Sum that was spent when all tasks had been paid. */
  spent: number;
  /** Submits that were accepted then, of as many at once again. */
  later: number;
  /** Whether `ledger verify` found the ledger right. */
  isVerified: boolean;
  ms: number;
}

const adminKey = 'plantain_key_of_the_cap_script_which_is_long_enough';
const priceMicroUsd = 40_000;

export const holds = (row: CapRow): boolean =>
  row.accepted === row.room &&
  row.refused === row.submits - row.room &&
  row.held === row.limit &&
  row.spent === row.limit &&
  row.later === 0 &&
  row.isVerified;

export async function runCap(options: CapOptions): Promise<CapRow[]> {
  const { directory, servers, databaseUrl, rounds } = options;
  const data = join(directory, `data-${databaseUrl === undefined ? 'folder' : servers}`);
  mkdirSync(join(data, 'pictures'), { recursive: true });
  const settings = settingsOf(data, databaseUrl);
  const kills: (() => Promise<void>)[] = [];
  const killAll = () => Promise.all(kills.map((kill) => kill()));
  // Also where this process is ended, since they would outlive it.
  process.once('exit', () => void killAll());
  try {
    const started: ServerProcess[] = [];
    for (let index = 0; index < servers; index += 1)
      started.push(
        await launchServer(join(data, String(index)), settings, { onSpawn: (kill) => void kills.push(kill) }),
      );
    const rows: CapRow[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const row = await runRound(options, started, settings);
      rows.push(row);
      const isHeld = holds(row) ? '' : ', and the cap did not hold';
      sayStep(
        `${row.store}, ${servers} server(s), round ${round} of ${rounds}: ${row.accepted} accepted, ${row.refused} refused${isHeld}`,
      );
    }
    return rows;
  } finally {
    await killAll();
  }
}

function settingsOf(data: string, databaseUrl: string | undefined): Record<string, string> {
  const file = join(data, 'plantain.yaml');
  writeFileSync(file, `selling_prices: { nano-banana: ${priceMicroUsd / 1e6} }\n`);
  return {
    PLANTAIN_CONFIG: file,
    PLANTAIN_ADMIN_KEY: adminKey,
    PLANTAIN_SANDBOX_DURATION_MS: '300',
    PLANTAIN_CONCURRENCY: '16',
    PLANTAIN_LOG_LEVEL: 'warn',
    ...(databaseUrl === undefined
      ? { PLANTAIN_DATA_DIR: data }
      : {
          PLANTAIN_DATABASE_URL: databaseUrl,
          PLANTAIN_PICTURE_STORE: 'shared',
          PLANTAIN_PICTURES_DIR: join(data, 'pictures'),
        }),
  };
}

type Settings = Record<string, string>;

/** Two waves of submits with a key of its own, over all servers in turn; the second one when the tasks of the first were paid. */
async function runRound(
  { servers, databaseUrl, submits, room }: CapOptions,
  started: readonly ServerProcess[],
  settings: Settings,
): Promise<CapRow> {
  const limit = room * priceMicroUsd;
  const { id, secret } = await makeKey(started[0]!.url, limit);
  const begun = performance.now();
  const first = await submitAll(started, secret, submits);
  const ms = Math.round(performance.now() - begun);
  let sums = await sumsOf(id, settings);
  const held = sums.reserved + sums.spent;
  while (sums.reserved > 0) sums = await sumsOf(id, settings);
  const second = await submitAll(started, secret, submits);
  const { code } = await runCommand(['ledger', 'verify'], settings);
  return {
    store: databaseUrl === undefined ? 'data folder' : 'PostgreSQL',
    servers,
    submits,
    room,
    ...first,
    held,
    limit,
    spent: sums.spent,
    later: second.accepted,
    isVerified: code === 0,
    ms,
  };
}

async function makeKey(url: string, amount: number): Promise<{ id: string; secret: string }> {
  const budget = { period: 'month', amount_micro_usd: amount, time_zone: 'Europe/Berlin' };
  const answer = await fetch(`${url}/api/admin/keys`, {
    method: 'POST',
    headers: { authorization: adminKey, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'cap', budget }),
  });
  const body = (await answer.json()) as { data?: { key_id: string; secret: string } };
  if (body.data === undefined) throw new Error(`No key was made: ${JSON.stringify(body)}`);
  return { id: body.data.key_id, secret: body.data.secret };
}

async function submitAll(started: readonly ServerProcess[], secret: string, count: number) {
  const statuses = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const answer = await fetch(`${started[index % started.length]!.url}/api/gemini/nano-banana`, {
        method: 'POST',
        headers: { authorization: secret, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'nano-banana', prompt: `picture ${index}` }),
      });
      const words = await answer.text();
      if (answer.status !== 200 && answer.status !== 402) console.error(answer.status, words);
      return answer.status;
    }),
  );
  const accepted = statuses.filter((status) => status === 200).length;
  const refused = statuses.filter((status) => status === 402).length;
  return { accepted, refused, others: count - accepted - refused };
}

/** Sums of the entries of a key, as the command lists them. */
async function sumsOf(keyId: string, settings: Settings): Promise<{ reserved: number; spent: number }> {
  const { stdout } = await runCommand(['ledger', 'list', '--key', keyId], settings);
  const sum = (name: string) =>
    [...stdout.matchAll(new RegExp(` ${name} ([+-]?\\d+)`, 'g'))].reduce(
      (all, [, delta]) => all + Number(delta),
      0,
    );
  return { reserved: sum('reserved'), spent: sum('spent') };
}

async function runCommand(
  args: readonly string[],
  settings: Settings,
): Promise<{ code: number | null; stdout: string }> {
  const child = run(args, settings);
  const closed = once(child, 'close');
  const stdout = child.stdout === null ? '' : await text(child.stdout);
  const [code] = (await closed) as [number | null];
  return { code, stdout };
}

/** Lines of a table in Markdown. */
export function tableOf(rows: readonly CapRow[]): string {
  const head = [
    'records',
    'servers',
    'submits at once',
    'room for',
    'accepted',
    'refused (402)',
    'over',
    'spent of the budget',
    'accepted afterwards',
    'ledger',
    'ms',
  ];
  const cells = rows.map((row) => [
    row.store,
    row.servers,
    row.submits,
    row.room,
    row.accepted,
    row.others === 0 ? row.refused : `${row.refused}, and ${row.others} others`,
    Math.max(0, row.accepted - row.room),
    `${(100 * row.spent) / row.limit} %`,
    row.later,
    row.isVerified ? 'right' : 'WRONG',
    row.ms,
  ]);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
