// Starts the real server as its user does: a process with an environment, a data directory and signals.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** The command of the server. */
export const bin = fileURLToPath(new URL('../packages/server/bin/plantain-server.js', import.meta.url));

/** For a server that is to end while its tasks are on their way, however long the steps before take on a busy machine. */
export const endless = { PLANTAIN_SANDBOX_DURATION_MS: '3600000' };

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

/** An empty directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = makeDirectory();
  onTestFinished(() => removeDirectory(directory));
  return directory;
}

const makeDirectory = () => mkdtempSync(join(tmpdir(), 'plantain-e2e-'));
const removeDirectory = (directory: string) =>
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

/** One server for all tests of a file, which each bring what they look for: a start takes a second or two. */
export function serverForAll(settings: Record<string, string>): () => ServerProcess {
  const directory = makeDirectory();
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await launchServer(directory, settings);
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    removeDirectory(directory);
  });
  return () => {
    if (server === undefined) throw new Error('The server is there once the tests begin.');
    return server;
  };
}

/** A process with only the given settings: none of the variables that this machine may have for it or its upstreams reach it. */
function run(
  args: readonly string[],
  settings: Record<string, string>,
  launcher: readonly string[] = [],
): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PLANTAIN|GEMINI|OPENAI|NANO_BANANA|FAL|REPLICATE)_/.test(name),
  );
  const [command = '', ...rest] = [...launcher, process.execPath, bin, ...args];
  return spawn(command, rest, {
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export async function runToEnd(args: readonly string[], settings: Record<string, string>) {
  const child = run(args, settings);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += chunk));
  child.stderr?.on('data', (chunk) => (output.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...output };
}

/**
 * Starts a server on a free port; it is killed when the test ends, if it has not ended before. `launcher` is a command that
 * becomes the server.
 */
export async function startServer(
  dataDirectory: string,
  settings: Record<string, string> = {},
  launcher: readonly string[] = [],
): Promise<ServerProcess> {
  return await launchServer(dataDirectory, settings, { launcher, onSpawn: onTestFinished });
}

/** `onSpawn` gets what kills the process, before it is known whether it starts. */
async function launchServer(
  dataDirectory: string,
  settings: Record<string, string>,
  {
    launcher = [],
    onSpawn = () => {},
  }: { launcher?: readonly string[]; onSpawn?: (kill: () => Promise<void>) => void } = {},
): Promise<ServerProcess> {
  const defaults = {
    PLANTAIN_PORT: '0',
    PLANTAIN_DATA_DIR: dataDirectory,
    PLANTAIN_SANDBOX_DURATION_MS: '50',
  };
  const child = run([], { ...defaults, ...settings }, launcher);
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
