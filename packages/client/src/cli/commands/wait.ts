// `plantain wait`: waits for the end of tasks through restarts of the server.

import { ApiError } from '../../index.ts';
import { isTransient } from '../../request/request.ts';
import { defineCommand, wholeNumber } from '../command.ts';
import { createDeliver } from '../deliver.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { comeBackTo, followOptions } from '../submit-task.ts';
import { plain } from '../terminal.ts';

export const wait = defineCommand({
  name: 'wait',
  summary: 'wait for tasks and get their pictures',
  usage: ['wait ID... [options]'],
  options: followOptions,
  async run({ values, positionals }, context) {
    if (positionals.length === 0) throw new UsageError('wait needs a task id.', 'wait');
    const timeoutSeconds = wholeNumber('timeout', values.timeout, 1);
    const deliver = await createDeliver(context, values, positionals.length);
    const { client } = await context.connect();
    // The wait goes on while a server is away, so the address, the key and the ids are checked first.
    for (const id of positionals)
      await client.get(id, { signal: context.signal }).catch((error: unknown) => {
        // A gateway's answer means that the server is only away.
        if (!(error instanceof ApiError && isTransient(error))) throw error;
      });
    let code = codeOf('ok');
    for (const [index, id] of positionals.entries()) {
      if (!context.terminal.showsMessages) context.terminal.message(`Waiting for ${plain(id)}`);
      const comeBack = comeBackTo(positionals.slice(index), values);
      const task = await follow(context, client, id, { timeoutSeconds, comeBack });
      code = Math.max(code, await deliver(client, task));
    }
    return code;
  },
});
