// `plantain me`: the key in use, its rights, and what is left of its limits and budgets.

import type { BudgetData, MeData, Standing } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { dollarText, timeText } from '../task-text.ts';
import { plain } from '../terminal.ts';

export const me = defineCommand({
  name: 'me',
  summary: 'show your key, and what is left of its limits and budgets',
  usage: ['me [--json]'],
  options: { json: { type: 'boolean', about: 'print JSON' } },
  async run({ values, positionals }, { terminal, connect, signal }) {
    if (positionals.length > 0) throw new UsageError('me takes options only.', 'me');
    const { client, url } = await connect();
    const found = await client.me({ signal });
    if (values.json === true) terminal.json(found);
    else for (const [name, value] of rowsOf(found, url)) terminal.data(`${name.padEnd(10)}  ${plain(value)}`);
    return codeOf('ok');
  },
});

type Row = [name: string, value: string];

/** Servers of older versions say less of a key. */
function rowsOf(found: MeData, url: string): Row[] {
  const { key_id: id, name, role, expires_at: end, scopes, models, priority_max: priority, owner } = found;
  return [
    ['server', url],
    ['key', name === '' ? id : `${id} (${name})`],
    ['may', (scopes ?? [role]).join(', ')],
    ...(models == null ? [] : [['models', models.join(', ')] satisfies Row]),
    ...(priority > 0 ? [['priority', `up to ${priority}`] satisfies Row] : []),
    ...(end === null ? [] : [['until', timeText(end)] satisfies Row]),
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
