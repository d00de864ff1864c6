// `plantain me`: the key in use, its rights, and what is left of its limits and budgets.

import type { MeData } from '../../index.ts';
import { keyRow, leftRows, type Row, rowText } from '../account-text.ts';
import { defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { timeText } from '../task-text.ts';

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
    else for (const row of rowsOf(found, url)) terminal.data(rowText(row));
    return codeOf('ok');
  },
});

/** Servers of older versions say less of a key. */
function rowsOf(found: MeData, url: string): Row[] {
  const { role, expires_at: end, scopes, models, priority_max: priority } = found;
  return [
    ['server', url],
    keyRow(found),
    ['may', (scopes ?? [role]).join(', ')],
    ...(models == null ? [] : [['models', models.join(', ')] satisfies Row]),
    ...(priority > 0 ? [['priority', `up to ${priority}`] satisfies Row] : []),
    ...(end === null ? [] : [['until', timeText(end)] satisfies Row]),
    ...leftRows(found),
  ];
}
