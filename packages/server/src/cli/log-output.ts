// Lines of the log: JSON objects for programs, or short lines for a person at a terminal.

import pino, { type Logger } from 'pino';

/** Level from which on lines are written, and their form; `auto` is `pretty` at a terminal and `json` elsewhere. */
export interface LogSettings {
  log_level: string;
  log_format: 'auto' | 'json' | 'pretty';
}

/** Place that lines go to. */
export interface LogOutput {
  /** Takes one line with its line feed. */
  write: (line: string) => unknown;
  isTerminal: boolean;
  hasColours: boolean;
}

/** Characters that JSON leaves as they are, and by which a terminal takes a command, ends a line, turns the order of what it shows, or shows nothing. */
const unseen = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** All stand in texts of JSON, in a line for people too, where this is the same character. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Makes the logger that writes events to `output`, each line at once, so that the last one of a process that ends is there. The code for
 * `pretty` is loaded only where it is used.
 */
export async function createLog(
  { log_level: level, log_format: format }: LogSettings,
  { write: writeTo, isTerminal, hasColours }: LogOutput,
): Promise<Logger> {
  const write = (line: string) => writeTo(line.replaceAll(unseen, escaped));
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal);
  if (!isPretty) return pino({ level, base: null }, { write });
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: hasColours,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // Errors are words of one line here, and stand with the other fields.
    errorLikeObjectKeys: [],
  });
  return pino({ level, base: null }, { write: (line) => write(pretty(line)) });
}
