// `plantain cancel`: cancels tasks that have not ended.

import { defineCommand } from '../command.ts';
import { eachTask } from '../each-task.ts';
import { UsageError } from '../exit-codes.ts';
import { plain } from '../terminal.ts';

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'cancel tasks',
  usage: ['cancel ID... [--json]'],
  details: 'A task that waits ends at once; one that runs is asked to, and ends soon after.',
  options: { json: { type: 'boolean', about: 'print a line of JSON for each task' } },
  async run({ values, positionals }, context) {
    if (positionals.length === 0) throw new UsageError('cancel needs a task id.', 'cancel');
    const { terminal, connect, signal } = context;
    const { client } = await connect();
    return await eachTask(positionals, context, async (id) => {
      const task = await client.cancel(id, { signal });
      if (values.json === true) terminal.json(task);
      else
        terminal.data(`${plain(task.task_id)}  ${task.state === 'error' ? 'cancelled' : 'cancel requested'}`);
    });
  },
});
