// The three streams: data goes to stdout, messages to stderr, colours and rewritten lines only to a terminal.

import type { Readable, Writable } from 'node:stream';

type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

const codes: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

export interface TerminalStreams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean; columns?: number };
}

export interface Terminal extends TerminalStreams {
  /** Whether stdout is a terminal. */
  readonly showsData: boolean;
  /** Whether stderr is a terminal that can rewrite a line. */
  readonly showsMessages: boolean;
  /** Whether a question can be asked and answered. */
  readonly canAsk: boolean;
  /** Writes a line of data. */
  data(line: string): void;
  /** Writes a JSON document as a line of data. */
  json(value: unknown): void;
  /** Writes a line for people, above the status line. */
  message(line: string): void;
  /** Replaces the last line of the screen; `''` removes it. Does nothing without a terminal. */
  status(line: string): void;
  /**
   * Holds back writes to the terminal while a question is on the screen, until the returned function is called. Writes to a pipe are not
   * held back.
   */
  hold(): () => void;
  /** Acts as a Ctrl-C does, where that arrives as a key. */
  interrupt(): void;
  /** Colours a text for stderr. */
  paint(colour: Colour, text: string): string;
}

export function createTerminal(
  streams: TerminalStreams,
  environment: Readonly<Record<string, string | undefined>>,
  interrupt: () => void,
): Terminal {
  const { stdin, stdout, stderr } = streams;
  const showsMessages = stderr.isTTY === true && environment['TERM'] !== 'dumb';
  const hasColours = showsMessages && (environment['NO_COLOR'] ?? '') === '';
  const screen = createScreen(stderr, showsMessages);
  return {
    ...streams,
    showsData: stdout.isTTY === true,
    showsMessages,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    data: (line) => screen.write(stdout, line),
    json: (value) => screen.write(stdout, JSON.stringify(value)),
    message: (line) => screen.write(stderr, line),
    status: screen.status,
    hold: screen.hold,
    interrupt,
    paint: (colour, text) => (hasColours ? `\u001B[${codes[colour]}m${text}\u001B[0m` : text),
  };
}

/** Status line at the bottom of the screen, and the lines that are written above it. */
function createScreen(stderr: TerminalStreams['stderr'], showsStatus: boolean) {
  let shown = '';
  let wanted = '';
  /** Writes that wait for the end of a question; `null` while there is none. */
  let held: (() => void)[] | null = null;

  function status(line: string): void {
    wanted = line;
    if (!showsStatus || held !== null || line === shown) return;
    // A line that wraps could not be written over. Some terminals say that they have no columns.
    const { columns = 0 } = stderr;
    const fitting = cutTo(line, (columns > 0 ? columns : 80) - 1);
    stderr.write(shown === '' ? fitting : `\r\u001B[K${fitting}`);
    shown = line;
  }

  function write(stream: TerminalStreams['stdout'], line: string): void {
    if (stream.isTTY !== true) {
      stream.write(`${line}\n`);
      return;
    }
    if (held !== null) {
      held.push(() => write(stream, line));
      return;
    }
    const before = wanted;
    status('');
    stream.write(`${line}\n`);
    status(before);
  }

  function hold(): () => void {
    const before = wanted;
    status('');
    wanted = before;
    held ??= [];
    return () => {
      const late = held ?? [];
      held = null;
      for (const each of late) each();
      status(wanted);
    };
  }

  return { status, write, hold };
}

/** Removes the characters by which a server's text could move the cursor or change the terminal. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, ' ');
}

function cutTo(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
