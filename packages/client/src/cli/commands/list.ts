// `plantain list`: the key's tasks, newest first.

import { defineCommand, namedValues, wholeNumber } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { stateText, tableText, timeText } from '../task-text.ts';
import { plain } from '../terminal.ts';

const defaultLimit = 20;
/** Rows of a table. Its widths need all of them, so a longer list is several tables. */
const maxTableRows = 200;

export const list = defineCommand({
  name: 'list',
  summary: 'list your tasks, newest first',
  usage: ['list [options]'],
  options: {
    state: {
      type: 'string',
      value: 'STATE',
      about: 'pending, running, succeeded or error',
      choices: ['pending', 'running', 'succeeded', 'error'],
    },
    reason: {
      type: 'string',
      value: 'TYPE',
      about: 'failed for this reason, such as content_rejected',
    },
    model: { type: 'string', short: 'm', value: 'NAME', about: 'of this model' },
    action: { type: 'string', value: 'ACTION', about: 'generate or edit', choices: ['generate', 'edit'] },
    after: {
      type: 'string',
      value: 'TIME',
      about: 'submitted at or after: 2026-11-23, 2026-11-23T08:00Z, or 30m, 2h, 7d ago',
    },
    before: { type: 'string', value: 'TIME', about: 'submitted before' },
    metadata: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'with this metadata' },
    search: {
      type: 'string',
      short: 's',
      value: 'TEXT',
      about: 'with this in the prompt or the metadata, or at the start of the id',
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      about: `how many; ${defaultLimit} where it is not given`,
    },
    json: { type: 'boolean', about: 'print a line of JSON for each task' },
  },
  async run({ values, positionals }, { terminal, connect, signal }) {
    if (positionals.length > 0) throw new UsageError('list takes options only.', 'list');
    const limit = wholeNumber('limit', values.limit, 1) ?? defaultLimit;
    const metadata = namedValues('metadata', values.metadata);
    const filter = {
      ...(values.state === undefined ? {} : { state: values.state as 'pending' }),
      ...(values.reason === undefined ? {} : { error_type: values.reason as 'internal' }),
      ...(values.model === undefined ? {} : { model: values.model }),
      ...(values.action === undefined ? {} : { action: values.action as 'edit' }),
      ...(values.after === undefined ? {} : { created_after: unixSeconds('after', values.after) }),
      ...(values.before === undefined ? {} : { created_before: unixSeconds('before', values.before) }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(values.search === undefined ? {} : { search: values.search }),
      limit: Math.min(limit, maxTableRows),
    };
    const { client } = await connect();
    let rows: string[][] = [];
    let count = 0;
    const print = () => {
      for (const row of tableText(rows)) terminal.data(row);
      rows = [];
    };
    for await (const task of client.list(filter, { signal })) {
      if (values.json === true) terminal.json(task);
      else {
        const { task_id: id, action, model, create_time: at } = task;
        rows.push([id, timeText(at), action, model, stateText(task)].map(plain));
      }
      count += 1;
      if (rows.length === maxTableRows) print();
      if (count === limit) break;
    }
    print();
    if (count === 0) terminal.message('There are no such tasks.');
    return codeOf('ok');
  },
});

/** Parses a day, a time, or a duration before now. */
function unixSeconds(option: string, given: string): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(given);
  const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[ago?.[2] ?? 's'] ?? 1;
  const at = ago === null ? Date.parse(given) / 1000 : Date.now() / 1000 - Number(ago[1]) * unitSeconds;
  if (Number.isNaN(at))
    throw new UsageError(`--${option} takes a day, a time, or how long ago, such as 2h.`, 'list');
  return Math.floor(at);
}
