// `plantain-server audit`: prints the audit log of the data directory or the database, whether a server runs on it or not.

import { acts, type Act, type AuditQuery, type StoredAuditEntry } from '../core/audit/audit.ts';
import { openAudit } from '../composition/commands.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

const usuallyPrinted = 50;

export async function auditCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const query = readQuery([...args]);
  const { config } = readConfig(environment);
  const store = await openAudit(config);
  try {
    for (const entry of await store.listAudit(query)) console.log(lineOf(entry));
  } finally {
    await store.close();
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
