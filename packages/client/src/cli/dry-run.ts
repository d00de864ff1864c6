// `--dry-run`: what a submit would cost, for whom, and what is left. Nothing is submitted.

import type { BatchInput, DryRunData, MeData, PlantainClient } from '../index.ts';
import { keyRow, leftRows, rowText } from './account-text.ts';
import type { Context } from './command.ts';
import { codeOf } from './exit-codes.ts';
import { dollarText } from './task-text.ts';
import { plain } from './terminal.ts';

export const dryRunOption = {
  'dry-run': { type: 'boolean', about: 'print what it would cost, and submit nothing' },
} as const;

/**
 * Checks the tasks in chunks, each of which the server judges by itself, and prints what they would cost together. Resolves with the exit
 * code; rejects as the submit would.
 */
export async function dryRun(
  { terminal, connect, signal }: Context,
  chunks: readonly BatchInput['tasks'][],
  { json = false }: { json?: boolean | undefined },
): Promise<number> {
  const { client } = await connect();
  const sum = await sumOf(client, chunks, signal);
  const key = await client.me({ signal });
  for (const warning of sum.warnings ?? []) terminal.message(terminal.paint('yellow', plain(warning)));
  if (json) terminal.json({ ...sum, key });
  else {
    const { estimated_micro_usd: cost } = sum.cost;
    const tasks = sum.tasks === 1 ? '1 task' : `${sum.tasks} tasks`;
    terminal.data(rowText(['costs', `${cost === null ? 'an unknown sum' : dollarText(cost)} for ${tasks}`]));
    for (const row of [keyRow(key), ...leftRows(key)]) terminal.data(rowText(row));
    if (cost !== null && cost > leftOf(key)) terminal.message('That is more than is left.');
  }
  return codeOf('ok');
}

async function sumOf(
  client: PlantainClient,
  chunks: readonly BatchInput['tasks'][],
  signal: AbortSignal,
): Promise<Pick<DryRunData, 'dry_run' | 'tasks' | 'cost' | 'warnings'>> {
  let tasks = 0;
  let estimated: number | null = 0;
  const warnings = new Set<string>();
  for (const chunk of chunks) {
    const found = await client.batch.dryRun({ tasks: chunk }, { signal });
    const { estimated_micro_usd: cost } = found.cost;
    tasks += found.tasks;
    estimated = estimated === null || cost === null ? null : estimated + cost;
    for (const warning of found.warnings ?? []) warnings.add(warning);
  }
  return {
    dry_run: true,
    tasks,
    cost: { estimated_micro_usd: estimated },
    ...(warnings.size === 0 ? {} : { warnings: [...warnings] }),
  };
}

/** Micro-dollars that the budgets of the key and of its owner leave; `Infinity` without a budget. */
function leftOf({ budget, owner }: MeData): number {
  return Math.min(...[budget, owner?.budget].map((each) => each?.left_micro_usd ?? Infinity));
}
