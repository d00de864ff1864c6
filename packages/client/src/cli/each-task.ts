// One call for each of several tasks, of which a refusal does not prevent the others.

import type { Context } from './command.ts';
import { codeOf, explain } from './exit-codes.ts';
import { plain } from './terminal.ts';

/** Calls for each task in turn. Resolves with the exit code: that of a refusal where there was one. */
export async function eachTask(
  ids: readonly string[],
  { terminal }: Pick<Context, 'terminal'>,
  call: (id: string) => Promise<void>,
): Promise<number> {
  let code = codeOf('ok');
  for (const id of ids)
    try {
      await call(id);
    } catch (error) {
      const { outcome, message } = explain(error);
      if (outcome !== 'refused') throw error;
      terminal.message(`${plain(id)}: ${plain(message)}`);
      code = codeOf(outcome);
    }
  return code;
}
