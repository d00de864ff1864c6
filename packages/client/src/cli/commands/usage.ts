// `plantain usage`: how many tasks and pictures the key had, and what they were charged.

import type { UsageData, UsageSumsData } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { dollarText, tableText } from '../task-text.ts';
import { plain } from '../terminal.ts';

const names = ['day', 'model'] as const;

export const usage = defineCommand({
  name: 'usage',
  summary: 'add up your tasks, pictures and charges',
  usage: ['usage [--from DAY] [--to DAY] [--by day,model] [--json]'],
  details: 'Days are those of UTC. A task counts on the day of its submit.',
  options: {
    from: {
      type: 'string',
      value: 'DAY',
      about: 'first day, such as 2026-11-01; 30 days where it is not given',
    },
    to: { type: 'string', value: 'DAY', about: 'last day; today where it is not given' },
    by: { type: 'string', value: 'NAMES', about: 'a row for each day, model, or day,model; day by default' },
    json: { type: 'boolean', about: 'print JSON' },
  },
  async run({ values, positionals }, { terminal, connect, signal }) {
    if (positionals.length > 0) throw new UsageError('usage takes options only.', 'usage');
    const by = (values.by ?? 'day').split(',').map((name) => names.find((known) => known === name.trim()));
    if (!isWhole(by)) throw new UsageError('--by takes day, model, or day,model.', 'usage');
    const { from, to } = values;
    const days = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const { client } = await connect();
    const report = await client.usage({ ...days, by }, { signal });
    if (values.json === true) terminal.json(report);
    else for (const line of tableText(rowsOf(report, by))) terminal.data(line);
    return codeOf('ok');
  },
});

type Name = (typeof names)[number];

const isWhole = (by: readonly (Name | undefined)[]): by is Name[] => !by.includes(undefined);

function rowsOf({ rows, total }: UsageData, by: readonly Name[]): string[][] {
  const head = [...by, 'tasks', 'succeeded', 'failed', 'cancelled', 'pictures', 'charged', 'reserved'];
  const last = [...by.map((_, index) => (index === 0 ? 'total' : '')), ...sums(total)];
  return [head, ...rows.map((row) => [...by.map((name) => plain(row[name] ?? '')), ...sums(row)]), last];
}

function sums(row: UsageSumsData): string[] {
  const counts = [row.submitted, row.succeeded, row.failed, row.cancelled, row.pictures];
  return [...counts.map(String), dollarText(row.charged_micro_usd), dollarText(row.reserved_micro_usd)];
}
