// Submits one task and follows it to its end, for `generate`, `edit` and `retry`.

import type { PlantainClient } from '../index.ts';
import { mayBeDone } from '../request/request.ts';
import { type Context, type Values, wholeNumber } from './command.ts';
import { createDeliver, deliveryOptions } from './deliver.ts';
import { codeOf } from './exit-codes.ts';
import { follow } from './follow.ts';
import { shellWords } from './shell-words.ts';
import { plain } from './terminal.ts';

export const followOptions = {
  timeout: { type: 'string', value: 'SECONDS', about: 'stop waiting after this long; the task goes on' },
  ...deliveryOptions,
} as const;

export const submitAndFollowOptions = {
  'no-wait': { type: 'boolean', about: 'print the task’s id and end at once' },
  ...followOptions,
} as const;

type Submitted = { task_id: string; warnings?: string[] };

/** Submits, follows and delivers a task. Resolves with the exit code. */
export async function submitAndFollow(
  context: Context,
  values: Values<typeof submitAndFollowOptions>,
  submit: (client: PlantainClient, signal: AbortSignal) => Promise<Submitted>,
): Promise<number> {
  const { terminal, signal } = context;
  const timeoutSeconds = wholeNumber('timeout', values.timeout, 1);
  const deliver = await createDeliver(context, values);
  const { client } = await context.connect();
  const submitted = await submit(client, signal).catch((error: unknown) => {
    if (signal.aborted || mayBeDone(error))
      terminal.message('It may have been submitted all the same: plantain list shows your tasks.');
    throw error;
  });
  const id = submitted.task_id;
  for (const warning of submitted.warnings ?? []) terminal.message(terminal.paint('yellow', plain(warning)));
  if (values['no-wait'] === true) {
    if (values.json === true) terminal.json(submitted);
    else terminal.data(plain(id));
    return codeOf('ok');
  }
  if (!terminal.showsMessages) terminal.message(`Submitted ${plain(id)}`);
  const task = await follow(context, client, id, { timeoutSeconds, comeBack: comeBackTo([id], values) });
  return await deliver(client, task);
}

/** Returns the command that waits for these tasks and delivers their pictures to the same destination. */
export function comeBackTo(
  ids: readonly string[],
  { output, force }: { output?: string; force?: boolean },
): string {
  const destination = output === undefined ? [] : ['-o', output];
  return shellWords(['wait', ...ids.map(plain), ...destination, ...(force === true ? ['--force'] : [])]);
}
