// The real server in tests, as its user has it: a process that ends with its test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { storeSettings } from '../packages/server/src/store/test-store.fixture.ts';
import { launchServer, run, type ServerProcess } from './launch-server.ts';

/** For a server that is to end while its tasks are on their way, however long the steps before take on a busy machine. */
export const endless = { PLANTAIN_SANDBOX_DURATION_MS: '3600000' };

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
export function serverForAll(settings: Record<string, string>): () => ServerProcess & { directory: string } {
  const directory = makeDirectory();
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await launchServer(directory, { ...(await settingsOfStore(directory)), ...settings });
  });
  afterAll(async () => {
    await server?.end('SIGKILL');
    removeDirectory(directory);
  });
  return () => {
    if (server === undefined) throw new Error('The server is there once the tests begin.');
    return { ...server, directory };
  };
}

/** The variables that choose the store of a folder. */
export async function settingsOfStore(directory: string): Promise<Record<string, string>> {
  const settings = Object.entries(await storeSettings(directory));
  return Object.fromEntries(settings.map(([name, value]) => [`PLANTAIN_${name}`, value]));
}

/** Runs a command to its end. */
export async function runToEnd(args: readonly string[], settings: Record<string, string>) {
  const { PLANTAIN_DATA_DIR: directory } = settings;
  const child = run(args, {
    ...(directory === undefined ? {} : await settingsOfStore(directory)),
    ...settings,
  });
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
  const all = { ...(await settingsOfStore(dataDirectory)), ...settings };
  return await launchServer(dataDirectory, all, { launcher, onSpawn: onTestFinished });
}
