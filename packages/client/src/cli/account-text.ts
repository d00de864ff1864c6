// Words for people on a key: what is left of its limits and budgets.

import type { BudgetData, MeData, Standing } from '../index.ts';
import { dollarText, timeText } from './task-text.ts';
import { plain } from './terminal.ts';

export type Row = [name: string, value: string];

export const rowText = ([name, value]: Row): string => `${name.padEnd(10)}  ${plain(value)}`;

export const keyRow = ({ key_id: id, name }: MeData): Row => ['key', name === '' ? id : `${id} (${name})`];

/** Rows of what is left for the key, and for its owner, where it has one. Servers of older versions say less. */
export function leftRows(found: MeData): Row[] {
  const { owner } = found;
  return [
    ...standingRows(found, ''),
    ...(owner == null ? [] : [['owner', `${owner.owner_id} (${owner.name})`] satisfies Row]),
    ...(owner == null ? [] : standingRows(owner, 'owner’s ')),
  ];
}

const limitWords = {
  submits_per_minute: 'submits a minute',
  queries_per_minute: 'other calls a minute',
  running: 'tasks running at once',
  waiting: 'tasks waiting at once',
  pictures_per_day: 'pictures a day',
  stored_bytes: 'bytes stored',
} as const;

function standingRows({ limits = {}, used = {}, budget }: Partial<Standing>, whose: string): Row[] {
  const rows: Row[] = budget == null ? [] : [[`${whose}budget`, budgetText(budget)]];
  for (const [name, words] of Object.entries(limitWords) as [keyof typeof limitWords, string][]) {
    const max = limits[name];
    const count = name in used ? used[name as keyof typeof used] : undefined;
    if (max !== undefined)
      rows.push([`${whose}limit`, `${max} ${words}${count === undefined ? '' : `, ${count} used`}`]);
  }
  const { reserved_micro_usd: max } = limits;
  if (max !== undefined)
    rows.push([
      `${whose}limit`,
      `${dollarText(max)} reserved at once, ${dollarText(used.reserved_micro_usd ?? 0)} used`,
    ]);
  return rows;
}

function budgetText(budget: BudgetData): string {
  const { period, amount_micro_usd: amount, spent_micro_usd: spent, reserved_micro_usd: reserved } = budget;
  const whole = `${dollarText(amount)} ${period === 'total' ? 'in total' : `a ${period}`}`;
  if (budget.left_micro_usd === undefined) return whole;
  const resets = budget.resets_at == null ? '' : `, anew ${timeText(budget.resets_at)}`;
  return `${dollarText(budget.left_micro_usd)} left of ${whole}: ${dollarText(spent ?? 0)} spent, ${dollarText(reserved ?? 0)} reserved${resets}`;
}
