// Finds the command, runs it, and turns its error into a sentence and an exit code.

import packageJson from '../../package.json' with { type: 'json' };
import { createClient } from '../index.ts';
import { batch } from './commands/batch.ts';
import { cancel } from './commands/cancel.ts';
import type { Command, Context } from './command.ts';
import { completionCommand } from './commands/completion.ts';
import { deleteCommand } from './commands/delete.ts';
import { edit } from './commands/edit.ts';
import { type Called, CliError, codeOf, explain, UsageError } from './exit-codes.ts';
import { files } from './commands/files.ts';
import { generate } from './commands/generate.ts';
import { commandHelp, generalHelp } from './help.ts';
import { list } from './commands/list.ts';
import { readLogin } from './login-file.ts';
import { login } from './commands/login.ts';
import { mcp } from './commands/mcp.ts';
import { me } from './commands/me.ts';
import { retry } from './commands/retry.ts';
import { status } from './commands/status.ts';
import { createTerminal, plain, type TerminalStreams } from './terminal.ts';
import { usage } from './commands/usage.ts';
import { wait } from './commands/wait.ts';
import { webhooks } from './commands/webhooks.ts';

const commands: readonly Command[] = [
  generate,
  edit,
  status,
  wait,
  list,
  cancel,
  retry,
  deleteCommand,
  batch,
  files,
  webhooks,
  mcp,
  me,
  usage,
  login,
  completionCommand(() => commands),
];

/** Few, so that a person soon reads that the server is away. */
const maxRetries = 2;

export interface Edge {
  environment: Readonly<Record<string, string | undefined>>;
  streams: TerminalStreams;
  /** Calls back at every Ctrl-C. */
  onSignal(listener: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Resolves with the exit code. */
export async function run(
  args: readonly string[],
  { environment, streams, onSignal, exit }: Edge,
): Promise<number> {
  const stop = new AbortController();
  let handler: ((again: () => void) => void) | null = null;
  let wasPressed = false;
  let called: Called | undefined;
  const interrupt = () => {
    if (wasPressed) {
      terminal.status('');
      exit(codeOf('interrupted'));
      return;
    }
    wasPressed = true;
    if (handler === null) stop.abort(new CliError('interrupted', 'Stopped.'));
    else handler(() => (wasPressed = false));
  };
  const terminal = createTerminal(streams, environment, interrupt);
  onSignal(interrupt);
  const context: Context = {
    environment,
    typed: args,
    terminal,
    signal: stop.signal,
    async connect() {
      const { url, apiKey, source } = await readLogin(environment);
      called = { url, source, hasKey: apiKey !== undefined };
      return { client: createClient({ baseUrl: url, apiKey, maxRetries }), url, apiKey };
    },
    calls: (server) => void (called = server),
    onInterrupt(listener) {
      handler = listener;
      return () => {
        handler = null;
        wasPressed = false;
      };
    },
  };
  try {
    return await dispatch(args, context);
  } catch (error) {
    const { outcome, message } = explain(stop.signal.aborted ? stop.signal.reason : error, called);
    terminal.status('');
    terminal.message(terminal.paint('red', plain(message)));
    return codeOf(outcome);
  }
}

async function dispatch(args: readonly string[], context: Context): Promise<number> {
  const [name, ...rest] = args;
  const find = (wanted: string): Command => {
    const found = commands.find((command) => command.name === wanted);
    if (found === undefined) throw new UsageError(`There is no command ${JSON.stringify(wanted)}.`);
    return found;
  };
  const { data } = context.terminal;
  if (name === undefined) throw new UsageError('plantain needs a command.');
  if (name === '--version' || name === 'version') data(packageJson.version);
  else if (['help', '--help', '-h'].includes(name))
    data(rest[0] === undefined ? generalHelp(commands, packageJson.version) : commandHelp(find(rest[0])));
  else {
    const command = find(name);
    const end = rest.indexOf('--');
    const options = end === -1 ? rest : rest.slice(0, end);
    if (!options.some((each) => each === '--help' || each === '-h')) return await command.run(rest, context);
    data(commandHelp(command));
  }
  return codeOf('ok');
}
