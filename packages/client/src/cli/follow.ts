// Waits for a task to end, shows how far it is, and lets the person at the terminal stop waiting: Ctrl-C never loses a task.

import { createInterface } from 'node:readline/promises';
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
import { plain, type Terminal } from './terminal.ts';
import { waitingText } from './task-text.ts';

export interface FollowOptions {
  /** The command that goes on from here, without `plantain`. */
  comeBack: string;
  /** How long to wait; forever where it is not given. */
  timeoutSeconds?: number | undefined;
}

/** The task as it ended, well or not. Throws `CliError`: `interrupted`, `timedOut`; and what the client throws. */
export async function follow(
  context: Context,
  client: PlantainClient,
  taskId: string,
  { comeBack, timeoutSeconds }: FollowOptions,
): Promise<TaskData> {
  const { terminal } = context;
  const stop = new AbortController();
  const ended = new AbortController();
  const hint = `It goes on at the server. To come back to it: plantain ${comeBack}`;
  const show = (task: TaskData) => terminal.status(`${plain(taskId)}  ${waitingText(task)}`);
  let asked: Promise<void> | undefined;
  const unlisten = context.onInterrupt((again) => {
    terminal.say(hint);
    const choose = async () => {
      const choice = await chooseEnd(terminal, 'the task', ended.signal);
      if (choice === 'cancel') await cancelTask(client, taskId);
      if (choice === 'leave') throw new CliError('interrupted', 'Stopped waiting.');
      again();
    };
    asked = choose().catch((error: unknown) => stop.abort(error));
  });
  const signal = AbortSignal.any([context.signal, stop.signal]);
  try {
    const timeout = timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 };
    return await client.wait(taskId, { signal, onProgress: show, ...timeout });
  } catch (error) {
    if (error instanceof TaskFailedError) return error.task;
    signal.throwIfAborted();
    if (error instanceof TimeoutError && timeoutSeconds !== undefined)
      throw new CliError('timedOut', `The task ${plain(taskId)} has not ended yet. ${hint}`);
    if (!(error instanceof NotFoundError)) terminal.say(hint);
    throw error;
  } finally {
    ended.abort();
    unlisten();
    await asked;
    terminal.status('');
  }
}

async function cancelTask(client: PlantainClient, taskId: string): Promise<void> {
  try {
    await client.cancel(taskId);
  } catch (error) {
    // It ended while the question stood; what it ended as is told in a moment.
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** What a person wants who pressed Ctrl-C; `leave` where nobody can be asked. `what`: such as `the task`. */
export async function chooseEnd(
  terminal: Terminal,
  what: string,
  signal: AbortSignal,
): Promise<'leave' | 'cancel' | 'wait'> {
  const answer = await ask(terminal, `Cancel ${what} (c), leave (l), or go on waiting (Enter)? `, signal);
  if (answer === null || /^l/i.test(answer)) return 'leave';
  return /^c/i.test(answer) ? 'cancel' : 'wait';
}

/** What the person answers; `null` where nobody can be asked, or the question was closed. */
export async function ask(terminal: Terminal, question: string, signal: AbortSignal): Promise<string | null> {
  if (!terminal.canAsk) return null;
  const release = terminal.hold();
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  // While it reads, the terminal sends Ctrl-C as a key.
  lines.on('SIGINT', () => {
    terminal.stderr.write('\n');
    terminal.interrupt();
  });
  const closed = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
  try {
    return await Promise.race([lines.question(question, { signal }), closed]);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    lines.close();
    // A question that was taken away has no line end.
    if (signal.aborted) terminal.stderr.write(terminal.showsTalk ? '\r\u001B[K' : '\n');
    release();
  }
}
