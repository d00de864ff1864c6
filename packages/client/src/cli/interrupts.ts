// The question after a Ctrl-C: cancel what runs at the server, leave it there, or go on waiting.

import { createInterface } from 'node:readline/promises';
import type { Context } from './command.ts';
import { CliError } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

interface Interrupted {
  /** Sentence on how to come back, printed before the question. */
  hint: string;
  /** Such as `the task`. */
  what: string;
  /** Message of the error where the person leaves. */
  leaving: string;
  cancel: () => Promise<void>;
}

/**
 * Asks at a Ctrl-C, until `end` is called. `signal` aborts with the `CliError` to end with when the person leaves, with what `cancel`
 * throws, or with the context's own signal. A second Ctrl-C ends the program before there is an answer.
 */
export function askOnInterrupt(
  { terminal, onInterrupt, signal }: Context,
  { hint, what, leaving, cancel }: Interrupted,
): { signal: AbortSignal; end: () => Promise<void> } {
  const stop = new AbortController();
  const ended = new AbortController();
  let asked: Promise<void> | undefined;
  const unlisten = onInterrupt((again) => {
    terminal.message(hint);
    const choose = async () => {
      const choice = await chooseEnd(terminal, what, ended.signal);
      if (choice === 'leave') throw new CliError('interrupted', leaving);
      if (choice === 'cancel') await cancel();
      again();
    };
    asked = choose().catch((error: unknown) => stop.abort(error));
  });
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    async end() {
      ended.abort();
      unlisten();
      await asked;
    },
  };
}

/** Choice of the person who pressed Ctrl-C; `leave` where nobody can be asked. `what`: such as `the task`. */
async function chooseEnd(
  terminal: Terminal,
  what: string,
  signal: AbortSignal,
): Promise<'leave' | 'cancel' | 'wait'> {
  const answer = await ask(terminal, `Cancel ${what} (c), leave (l), or go on waiting (Enter)? `, signal);
  if (answer === null || /^l/i.test(answer)) return 'leave';
  return /^c/i.test(answer) ? 'cancel' : 'wait';
}

/** Answer of the person; `null` where nobody can be asked, or the question was closed. */
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
    if (signal.aborted) terminal.stderr.write(terminal.showsMessages ? '\r\u001B[K' : '\n');
    release();
  }
}
