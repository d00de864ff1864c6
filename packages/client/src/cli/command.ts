// What a command of `plantain` is: the table that help, completion and parsing are all made from.

import { parseArgs } from 'node:util';
import type { PlantainClient } from '../index.ts';
import { UsageError } from './exit-codes.ts';
import type { Called } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What stands for the value in help, such as `FILE`. */
  value?: string;
  about: string;
  /** The values that it takes, where they are few. */
  choices?: readonly string[];
  /** Its value is a path: completion offers files. */
  isPath?: true;
}

export type Options = Readonly<Record<string, OptionSpec>>;

/** The values of options as they were given; what was not given is absent. */
export type Values<Given extends Options> = {
  [Name in keyof Given]?: Given[Name] extends { type: 'boolean' }
    ? boolean
    : Given[Name] extends { multiple: true }
      ? string[]
      : string;
};

/** What every command gets of the world. */
export interface Context {
  environment: Readonly<Record<string, string | undefined>>;
  /** The arguments as they were given, the command's name first. */
  typed: readonly string[];
  terminal: Terminal;
  /** Made when it is asked for, since some commands need no server. Throws `CliError` where the stored login can't be read. */
  connect(): Promise<Connection>;
  /** Remembers which server is called, for what is said when that fails. `connect` does so by itself. */
  calls(server: Called): void;
  /** Aborts at a Ctrl-C that nobody handles, with the `CliError` to end with. */
  signal: AbortSignal;
  /**
   * The first Ctrl-C calls `handler`, the second ends the program at once, unless `again` was called in between. Gives the
   * function that takes the handler away.
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
  /** The words that the first argument may be, for completion. */
  actions?: readonly string[];
  /** Resolves with the exit code. */
  run(given: { values: Values<Given>; positionals: string[] }, context: Context): Promise<number>;
}

export type Command = Omit<CommandOf<Options>, 'run'> & {
  run(args: readonly string[], context: Context): Promise<number>;
};

/** A command whose arguments are parsed by its own table. Its `run` throws `UsageError` for arguments that the table does not allow. */
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

/** A whole number of at least `least`; throws `UsageError`. */
export function wholeNumber(option: string, given: string | undefined, least = 0): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given);
  if (!/^-?\d{1,15}$/.test(given) || number < least)
    throw new UsageError(`--${option} takes a whole number of at least ${least}.`);
  return number;
}

/** `name=value` pairs as an object; throws `UsageError`. */
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
