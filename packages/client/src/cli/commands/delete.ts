// `plantain delete`: deletes ended tasks with their pictures.

import { defineCommand } from '../command.ts';
import { eachTask } from '../each-task.ts';
import { UsageError } from '../exit-codes.ts';
import { plain } from '../terminal.ts';

export const deleteCommand = defineCommand({
  name: 'delete',
  summary: 'delete tasks that have ended, with their pictures',
  usage: ['delete ID...'],
  details:
    'They are gone for good, and links to their pictures end. A task that has not ended is cancelled first.',
  options: {},
  async run({ positionals }, context) {
    if (positionals.length === 0) throw new UsageError('delete needs a task id.', 'delete');
    const { terminal, connect, signal } = context;
    const { client } = await connect();
    return await eachTask(positionals, context, async (id) => {
      const { task_id: gone } = await client.delete(id, { signal });
      terminal.data(`${plain(gone)}  deleted`);
    });
  },
});
