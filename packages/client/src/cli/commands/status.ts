// `plantain status`: the present state of tasks.

import type { TaskData } from '../../index.ts';
import { defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { timeText, waitingText } from '../task-text.ts';
import { plain } from '../terminal.ts';

export const status = defineCommand({
  name: 'status',
  summary: 'show how far tasks are',
  usage: ['status ID... [--json]'],
  options: { json: { type: 'boolean', about: 'print a line of JSON for each task' } },
  async run({ values, positionals }, { terminal, connect, signal }) {
    if (positionals.length === 0) throw new UsageError('status needs a task id.', 'status');
    const { client } = await connect();
    for (const id of positionals) {
      const task = await client.get(id, { signal });
      if (values.json === true) terminal.json(task);
      else for (const line of describe(task)) terminal.data(line);
    }
    return codeOf('ok');
  },
});

function describe(task: TaskData): string[] {
  const rows: [string, string | undefined][] = [
    ['task', task.task_id],
    ['state', waitingText(task)],
    ['action', task.model === undefined ? task.action : `${task.action} with ${task.model}`],
    ['submitted', timeText(task.create_time)],
    ['ends about', task.estimated_finish === undefined ? undefined : timeText(task.estimated_finish)],
    ['because', task.msg === '' ? undefined : task.msg],
    ['batch', task.batch_id],
    ['retry of', task.retry_of],
    ...Object.entries(task.metadata ?? {}).map(([name, value]): [string, string] => [
      'metadata',
      `${name}=${value}`,
    ]),
    ...(task.warnings ?? []).map((warning): [string, string] => ['warning', warning]),
    ...task.data.images.map(({ url }): [string, string] => ['picture', url]),
  ];
  return rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(10)}  ${plain(value)}`],
  );
}
