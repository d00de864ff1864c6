// Waits for a task to end, shows its progress, and lets the person at the terminal stop waiting: Ctrl-C never loses a task.

import {
  type PlantainClient,
  ConflictError,
  NotFoundError,
  type TaskData,
  TaskFailedError,
  TimeoutError,
} from '../index.ts';
import type { Context } from './command.ts';
import { CliError } from './exit-codes.ts';
import { askOnInterrupt } from './interrupts.ts';
import { waitingText } from './task-text.ts';
import { plain } from './terminal.ts';

export interface FollowOptions {
  /** Command that resumes the wait, without `plantain`. */
  comeBack: string;
  /** Time limit; none by default. */
  timeoutSeconds?: number | undefined;
}

/** Resolves with the ended task, well or not. Rejects with a `CliError` (`interrupted`, `timedOut`) or the client's error. */
export async function follow(
  context: Context,
  client: PlantainClient,
  taskId: string,
  { comeBack, timeoutSeconds }: FollowOptions,
): Promise<TaskData> {
  const { terminal } = context;
  const hint = `It goes on at the server. To come back to it: plantain ${comeBack}`;
  const show = (task: TaskData) => terminal.status(`${plain(taskId)}  ${waitingText(task)}`);
  const { signal, end } = askOnInterrupt(context, {
    hint,
    what: 'the task',
    leaving: 'Stopped waiting.',
    cancel: () => cancelTask(client, taskId),
  });
  try {
    const timeout = timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 };
    return await client.wait(taskId, { signal, onProgress: show, ...timeout });
  } catch (error) {
    if (error instanceof TaskFailedError) return error.task;
    signal.throwIfAborted();
    if (error instanceof TimeoutError && timeoutSeconds !== undefined)
      throw new CliError('timedOut', `The task ${plain(taskId)} has not ended yet. ${hint}`);
    if (!(error instanceof NotFoundError)) terminal.message(hint);
    throw error;
  } finally {
    await end();
    terminal.status('');
  }
}

async function cancelTask(client: PlantainClient, taskId: string): Promise<void> {
  try {
    await client.cancel(taskId);
  } catch (error) {
    // It ended during the question, and its end is printed in a moment.
    if (!(error instanceof ConflictError)) throw error;
  }
}
