// Commands of `plantain` as entries of one table, from which help, completion and parsing are made.

import { parseArgs } from 'node:util';
import type { PlantainClient } from '../index.ts';
import { UsageError } from './exit-codes.ts';
import type { Called } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** Word for the value in help, such as `FILE`. */
  value?: string;
  about: string;
  /** Allowed values, where they are few. */
  choices?: readonly string[];
  /** Marks a path, for which completion offers files. */
  isPath?: true;
}

export type Options = Readonly<Record<string, OptionSpec>>;

/** Values of the given options; the others are absent. */
export type Values<Given extends Options> = {
  [Name in keyof Given]?: Given[Name] extends { type: 'boolean' }
    ? boolean
    : Given[Name] extends { multiple: true }
      ? string[]
      : string;
};

/** Environment, terminal and server of a command. */
export interface Context {
  environment: Readonly<Record<string, string | undefined>>;
  /** Arguments of the program, the command's name first. */
  typed: readonly string[];
  terminal: Terminal;
  /** Makes the client, which some commands don't need. Throws `CliError` where the stored login can't be read. */
  connect(): Promise<Connection>;
  /** Notes the server that is called, for messages of failures. `connect` does so itself. */
  calls(server: Called): void;
  /** Aborts at a Ctrl-C without a handler, with the `CliError` to end with. */
  signal: AbortSignal;
  /**
   * Calls `handler` at the first Ctrl-C; the second ends the program at once, unless `again` was called in between. Returns the
   * function that removes the handler.
   */
  onInterrupt(handler: (again: () => void) => void): () => void;
}

export interface Connection {
  client: PlantainClient;
  /** Without a slash at its end. */
  url: string;
  apiKey: string | undefined;
}

interface CommandOf<Given extends Options> {
  name: string;
  /** A few words for the list of commands. */
  summary: string;
  /** One line each, without the program's name. */
  usage: readonly string[];
  /** Sentences and examples below the options. */
  details?: string;
  options: Given;
  /** Allowed words for the first argument, for completion. */
  actions?: readonly string[];
  /** Resolves with the exit code. */
  run(given: { values: Values<Given>; positionals: string[] }, context: Context): Promise<number>;
}

export type Command = Omit<CommandOf<Options>, 'run'> & {
  run(args: readonly string[], context: Context): Promise<number>;
};

/** Makes a command that parses its arguments by its own table. Its `run` throws `UsageError` for others. */
export function defineCommand<const Given extends Options>(command: CommandOf<Given>): Command {
  return {
    ...command,
    run: (args, context) => command.run(parse(command.options, args, command.name), context),
  };
}

function parse<Given extends Options>(options: Given, args: readonly string[], name: string) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    for (const [option, { choices }] of Object.entries(options)) {
      const value = (values as Record<string, string | undefined>)[option];
      if (choices !== undefined && value !== undefined && !choices.includes(value))
        throw new UsageError(`--${option} takes one of ${choices.join(', ')}.`, name);
    }
    return { values: values as Values<Given>, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Of what parseArgs says, the first sentence names the fault; the rest is about `--`.
    const [fault = ''] = (error instanceof Error ? error.message : String(error)).split('. ', 1);
    throw new UsageError(`${fault.replace(/\.$/, '')}.`, name);
  }
}

/** Parses a whole number of at least `min`; throws `UsageError`. */
export function wholeNumber(option: string, given: string | undefined, min = 0): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (!/^-?\d{1,15}$/.test(given) || number < min)
    throw new UsageError(`--${option} takes a whole number of at least ${min}.`);
  return number;
}

/** Parses `name=value` pairs into an object; throws `UsageError`. */
export function namedValues(
  option: string,
  given: readonly string[] | undefined,
): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  const pairs = given.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--${option} takes NAME=VALUE.`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}
