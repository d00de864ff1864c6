// `plantain-server ledger`: works on the data directory or the database, whether a server runs on it or not.

import { openLedger, placeOf } from '../composition/commands.ts';
import {
  type Adjustment,
  type LedgerEntry,
  type LedgerFault,
  maxAdjustedMicroUsd,
} from '../core/ledger/ledger.ts';
import type { LedgerOfCommand } from '../store/store.ts';
import { actByCommand } from './act-by-command.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

export async function ledgerCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  const run = { verify, list, adjust }[action ?? ''];
  if (run === undefined) throw new UsageError('ledger takes one of verify, list, adjust.');
  const { config } = readConfig(environment);
  const store = await openLedger(config);
  try {
    await run(store, rest, placeOf(config));
  } finally {
    await store.close();
  }
}

const maxFaults = 1_000;
const pageEntries = 1_000;
const maxReasonLength = 500;
const text = { type: 'string' } as const;

/** Prints every difference between the entries and what is stored of them; exit code 1 where there is one. */
async function verify(store: LedgerOfCommand, args: string[], place: string): Promise<void> {
  readArguments({ args, options: {} });
  console.error(`Adding up all entries in ${place} ...`);
  const faults = await store.findLedgerFaults(maxFaults);
  for (const fault of faults) console.log(sentenceOf(fault));
  if (faults.length === 0)
    return console.error(`Every balance and every task in ${place} is the sum of its entries.`);
  const count = faults.length === maxFaults ? `At least ${maxFaults}` : faults.length;
  console.error(`${count} fault${count === 1 ? '' : 's'} in ${place}.`);
  process.exitCode = 1;
}

async function list(store: LedgerOfCommand, args: string[]): Promise<void> {
  const { values } = readArguments({
    args,
    options: { owner: text, key: text, task: text, after: text, limit: text },
  });
  const { owner, key, task: taskId, after = '0', limit = String(Number.MAX_SAFE_INTEGER) } = values;
  if (owner !== undefined && key !== undefined)
    throw new UsageError('ledger list takes --owner or --key, not both.');
  if (!/^\d{1,16}$/.test(after)) throw new UsageError('--after takes the number of an entry.');
  if (!/^[1-9]\d{0,15}$/.test(limit)) throw new UsageError('--limit takes a number of entries from 1 on.');
  const subjectId = owner ?? key;
  const of = { ...(taskId !== undefined && { taskId }), ...(subjectId !== undefined && { subjectId }) };
  let last = Number(after);
  for (let left = Number(limit); left > 0;) {
    const page = await store.listEntries({ ...of, after: last, limit: Math.min(left, pageEntries) });
    for (const entry of page) console.log(lineOf(entry));
    if (page.length < pageEntries) return;
    left -= page.length;
    last = page.at(-1)?.number ?? last;
  }
}

/** Enters a change of what was spent. Only the entry goes to stdout. */
async function adjust(store: LedgerOfCommand, args: string[], place: string): Promise<void> {
  const { values } = readArguments({
    args,
    options: { owner: text, key: text, 'micro-usd': text, reason: text },
  });
  const { 'micro-usd': amount = '', reason = '' } = values;
  if (!/^[+-]?[1-9]\d{0,14}$/.test(amount))
    throw new UsageError(
      'ledger adjust needs --micro-usd, a whole number of micro-dollars; for a credit with a minus: --micro-usd=-500000.',
    );
  if (reason.trim() === '' || reason.length > maxReasonLength)
    throw new UsageError(`ledger adjust needs --reason, of at most ${maxReasonLength} characters.`);
  const whose = await subjectOf(store, values);
  if (whose === null) {
    console.error(`There is no owner or key ${JSON.stringify(values.owner ?? values.key)} in ${place}.`);
    process.exitCode = 1;
    return;
  }
  const adjustment = { ...whose, spentDelta: Number(amount), at: Date.now(), reason };
  const entry = await store.adjust(adjustment, actByCommand('ledger.adjust'));
  if (entry !== null) return console.log(lineOf(entry));
  const most = maxAdjustedMicroUsd.toLocaleString('en');
  console.error(
    `With this adjustment more would have been spent in all than ${most} micro-dollars, or less than minus that, which is the most that adjustments may come to. Nothing was entered.`,
  );
  process.exitCode = 1;
}

/** Finds whose balances change. A key's are its owner's too. */
async function subjectOf(
  store: LedgerOfCommand,
  { owner, key: keyId }: { owner?: string | undefined; key?: string | undefined },
): Promise<Pick<Adjustment, 'keyId' | 'ownerId'> | null> {
  if ((owner === undefined) === (keyId === undefined))
    throw new UsageError('ledger adjust needs either --owner or --key, with an id.');
  if (owner !== undefined) return (await store.findOwner(owner)) && { keyId: null, ownerId: owner };
  const key = await store.findKey(keyId ?? '');
  return key && { keyId: key.id, ownerId: key.ownerId ?? key.id };
}

/** Names and texts are written as JSON, which a terminal can't take for commands. */
function lineOf({ number, at, kind, taskId, keyId, ownerId, reason, ...entry }: LedgerEntry): string {
  const { reservedAt, reservedDelta, spentDelta, picturesDelta } = entry;
  return [
    number,
    timeOf(at),
    kind,
    taskId ?? '-',
    `owner ${ownerId}`,
    ...(keyId === null || keyId === ownerId ? [] : [`key ${keyId}`]),
    `reserved ${signed(reservedDelta)}`,
    `spent ${signed(spentDelta)}`,
    `pictures ${signed(picturesDelta)}`,
    ...(reservedAt === at ? [] : [`of ${timeOf(reservedAt)}`]),
    ...(reason === null ? [] : [JSON.stringify(reason)]),
  ].join('  ');
}

const timeOf = (at: number) => new Date(at).toISOString();
const signed = (sum: number) => (sum > 0 ? `+${sum}` : String(sum));

function sentenceOf(fault: LedgerFault): string {
  if (fault.kind === 'entries') return `Task ${fault.taskId}: its entries are ${fault.kinds.join(', ')}`;
  const { stored, summed } = fault;
  const differ = `${stored === null ? 'gone' : `stored ${JSON.stringify(stored)}`}, entries ${JSON.stringify(summed)}`;
  if (fault.kind === 'task') return `Task ${fault.taskId}: ${differ}`;
  const { startsAt, endsAt } = fault.interval;
  return `Balance of ${fault.subjectId} from ${timeOf(startsAt)} to ${timeOf(endsAt)}: ${differ}`;
}
