// Runs `plantain` in this process with streams of its own, so that a test can be the person at the terminal.

import { PassThrough, Writable } from 'node:stream';
import { run } from '../packages/client/src/cli/run.ts';
import { adminKey } from '../packages/server/src/http/server.fixture.ts';
import type { CliEnd } from './cli-process.ts';

export interface InProcessOptions {
  url: string;
  key?: string;
  environment?: Record<string, string>;
  stdin?: string | Uint8Array;
  /** A person looks at the screen and has a keyboard. */
  isTty?: boolean;
}

export interface RunningCli {
  ended: Promise<CliEnd & { bytes: Buffer }>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Types on the keyboard. */
  type(keys: string): void;
  /** Resolves when the screen has shown this. */
  shown(text: string): Promise<void>;
  /** The code that the process was ended with at once, where it was. */
  exitedWith(): number | undefined;
}

export function startInProcess(
  args: readonly string[],
  { url, key = adminKey, environment = {}, stdin = '', isTty = false }: InProcessOptions,
): RunningCli {
  const keyboard = Object.assign(new PassThrough(), { isTTY: isTty, setRawMode: () => {} });
  if (!isTty) keyboard.end(stdin);
  const screen = createScreen();
  const stdout = screen.stream(isTty);
  const stderr = screen.stream(isTty);
  let press = () => {};
  let exitCode: number | undefined;
  const ended = run(args, {
    environment: { PLANTAIN_URL: url, PLANTAIN_API_KEY: key, HOME: '/nowhere', ...environment },
    streams: { stdin: keyboard, stdout: stdout.writable, stderr: stderr.writable },
    onSignal: (listener) => void (press = listener),
    exit: (code) => void (exitCode = code),
  }).then((code) => {
    const bytes = stdout.bytes();
    return { code, stdout: bytes.toString(), bytes, stderr: stderr.bytes().toString() };
  });
  return {
    ended,
    interrupt: () => press(),
    type: (keys) => void keyboard.write(keys),
    shown: screen.shown,
    exitedWith: () => exitCode,
  };
}

export async function runInProcess(args: readonly string[], options: InProcessOptions) {
  return await startInProcess(args, options).ended;
}

function createScreen() {
  let all = '';
  const waiting = new Set<() => void>();
  function stream(isTTY: boolean) {
    const pieces: Buffer[] = [];
    const write = (piece: Buffer, _encoding: string, done: () => void) => {
      pieces.push(piece);
      all += piece.toString();
      for (const look of waiting) look();
      done();
    };
    const writable = Object.assign(new Writable({ write }), { isTTY, columns: 120 });
    return { writable, bytes: () => Buffer.concat(pieces) };
  }
  async function shown(text: string): Promise<void> {
    if (all.includes(text)) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!all.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
    });
  }
  return { stream, shown };
}
