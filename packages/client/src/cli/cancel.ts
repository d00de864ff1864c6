// `plantain cancel`: ends tasks that have not ended by themselves.

import { defineCommand } from './command.ts';
import { codeOf, explain, UsageError } from './exit-codes.ts';
import { plain } from './terminal.ts';

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'cancel tasks',
  usage: ['cancel ID... [--json]'],
  details: 'A task that waits ends at once; one that runs is asked to, and ends soon after.',
  options: { json: { type: 'boolean', about: 'print a line of JSON for each task' } },
  async run({ values, positionals }, { terminal, connect, signal }) {
    if (positionals.length === 0) throw new UsageError('cancel needs a task id.', 'cancel');
    const { client } = await connect();
    let code = codeOf('ok');
    for (const id of positionals)
      try {
        const task = await client.cancel(id, { signal });
        if (values.json === true) terminal.json(task);
        else
          terminal.data(
            `${plain(task.task_id)}  ${task.state === 'error' ? 'cancelled' : 'cancel requested'}`,
          );
      } catch (error) {
        // One that has ended already must not keep the others from being cancelled.
        const { outcome, message } = explain(error);
        if (outcome !== 'refused') throw error;
        terminal.say(`${plain(id)}: ${plain(message)}`);
        code = codeOf(outcome);
      }
    return code;
  },
});
