// `plantain retry`: a new task like one that failed.

import { defineCommand } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { submitAndFollow, submitAndFollowOptions } from '../submit-task.ts';

export const retry = defineCommand({
  name: 'retry',
  summary: 'make a new task like one that failed',
  usage: ['retry ID [options]'],
  options: submitAndFollowOptions,
  async run({ values, positionals }, context) {
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) throw new UsageError('retry takes one task id.', 'retry');
    return await submitAndFollow(context, values, (client, signal) => client.retry(id, { signal }));
  },
});
