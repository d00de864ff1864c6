// Launches the real server as a process with an environment and a data directory: for tests, and for scripts that show it.

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command of the server. */
export const bin = fileURLToPath(new URL('../packages/server/bin/plantain-server.js', import.meta.url));

export interface ServerProcess {
  url: string;
  /** The admin key, when this start made one. */
  key: string | null;
  child: ChildProcess;
  /** The output so far. */
  stdout(): string;
  stderr(): string;
  /** Sends the signal and waits for the end; resolves with the exit code, `null` when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface LaunchOptions {
  /** A command that becomes the server. */
  launcher?: readonly string[];
  /** The command of the server, where it is not that of this checkout. */
  program?: string;
  cwd?: string;
  /** Arguments of the server. */
  args?: readonly string[];
  /** Gets what kills the process, before it is known whether it starts. */
  onSpawn?: (kill: () => Promise<void>) => void;
}

/** A process with only the given settings: none of the variables that this machine may have for it or its upstreams reach it. */
export function run(
  args: readonly string[],
  settings: Record<string, string>,
  { launcher = [], program = bin, cwd }: Pick<LaunchOptions, 'launcher' | 'program' | 'cwd'> = {},
): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PLANTAIN|GEMINI|OPENAI|NANO_BANANA|FAL|REPLICATE)_/.test(name),
  );
  const [command = '', ...rest] = [...launcher, process.execPath, program, ...args];
  return spawn(command, rest, {
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
}

/** Starts a server on a free port. */
export async function launchServer(
  dataDirectory: string,
  settings: Record<string, string>,
  { onSpawn = () => {}, args = [], ...options }: LaunchOptions = {},
): Promise<ServerProcess> {
  const defaults = {
    PLANTAIN_PORT: '0',
    PLANTAIN_DATA_DIR: dataDirectory,
    PLANTAIN_SANDBOX_DURATION_MS: '50',
  };
  const child = run(args, { ...defaults, ...settings }, options);
  let stdout = '';
  let stderr = '';
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  onSpawn(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes('and this to ask for it')) resolve();
    });
    child.once('close', (code) => reject(new Error(`The server ended with code ${code}: ${stderr}`)));
  });
  return {
    url: /listening on (\S+)/.exec(stdout)?.[1] ?? '',
    key: /admin key\s+(\S+)/.exec(stdout)?.[1] ?? null,
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    end(signal) {
      child.kill(signal);
      return closed;
    },
  };
}
