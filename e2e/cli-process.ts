// Runs `plantain` as its user does: a process with arguments, an environment of its own and pipes.

import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const cliEntry = fileURLToPath(new URL('../packages/client/src/cli/main.ts', import.meta.url));

export interface CliOptions {
  cwd: string;
  environment?: Record<string, string>;
  stdin?: string;
}

export interface CliEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** None of this machine's own variables for it reach it, and its home is its working directory. */
export function startCli(
  args: readonly string[],
  { cwd, environment = {}, stdin = '' }: CliOptions,
): { child: ChildProcess; ended: Promise<CliEnd> } {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PLANTAIN_|XDG_)/.test(name));
  const child = spawn(process.execPath, [cliEntry, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), HOME: cwd, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // One that ends without reading what it was given closes the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([code, text(child.stdout), text(child.stderr)]).then(
    ([exitCode, stdout, stderr]) => ({ code: exitCode, stdout, stderr }),
  );
  return { child, ended };
}

export async function runCli(args: readonly string[], options: CliOptions): Promise<CliEnd> {
  return await startCli(args, options).ended;
}
