// `plantain-server audit`: prints the audit log of the data directory or the database, whether a server runs on it or not.

import {
  acts,
  type Act,
  type AuditPlace,
  type AuditQuery,
  type AuditStore,
  type StoredAuditEntry,
} from '../core/audit/audit.ts';
import { openAudit } from '../composition/commands.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

const usuallyPrinted = 50;
const pageSize = 500;

export async function auditCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const query = readQuery([...args]);
  const { config } = readConfig(environment);
  const store = await openAudit(config);
  try {
    await print(store, query);
  } finally {
    await store.close();
  }
}

/** Prints page by page, as a log of years need not fit into memory. */
async function print(store: Pick<AuditStore, 'listAudit'>, { limit, ...filter }: AuditQuery): Promise<void> {
  let left = limit;
  let before: AuditPlace | undefined;
  while (left > 0) {
    const size = Math.min(left, pageSize);
    const page = await store.listAudit({
      ...filter,
      limit: size,
      ...(before === undefined ? {} : { before }),
    });
    for (const entry of page) console.log(lineOf(entry));
    before = page.at(-1);
    left = page.length < size ? 0 : left - size;
  }
}

function readQuery(args: string[]): AuditQuery {
  const text = { type: 'string' } as const;
  const { values } = readArguments({
    args,
    options: { act: text, who: text, subject: text, from: text, to: text, limit: text },
  });
  const { act, who, subject, from, to, limit = String(usuallyPrinted) } = values;
  if (act !== undefined && !isAct(act)) throw new UsageError(`--act takes one of ${acts.join(', ')}.`);
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new UsageError('--limit takes a number of entries from 1 on.');
  return {
    limit: Number(limit),
    ...(act === undefined ? {} : { act }),
    ...(who === undefined ? {} : { who }),
    ...(subject === undefined ? {} : { subject }),
    ...(from === undefined ? {} : { from: momentOf('--from', from) }),
    ...(to === undefined ? {} : { to: momentOf('--to', to) }),
  };
}

const isAct = (act: string): act is Act => (acts as readonly string[]).includes(act);

function momentOf(option: string, text: string): number {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new UsageError(`${option} takes a day or a moment, such as 2026-11-30.`);
  return moment;
}

/** Names and texts are written as JSON, which a terminal can't take for commands. */
function lineOf({ at, act, who, whoName, subject, before, after, address }: StoredAuditEntry): string {
  return [
    new Date(at).toISOString(),
    act,
    whoName === null ? who : `${who} ${JSON.stringify(whoName)}`,
    ...(subject === null ? [] : [JSON.stringify(subject)]),
    ...(before === null ? [] : [`before ${JSON.stringify(before)}`]),
    ...(after === null ? [] : [`after ${JSON.stringify(after)}`]),
    ...(address === null ? [] : [`from ${address}`]),
  ].join('  ');
}
