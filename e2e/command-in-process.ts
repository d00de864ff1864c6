// Runs a command of the server in this process, as `main` does in one of its own, which takes half a second of processor time to begin.

import { format } from 'node:util';
import { vi } from 'vitest';
import { main } from '../packages/server/src/main.ts';
import { settingsOfStore } from './server-process.ts';

export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end on the store of the settings' data directory, with no other settings than those. */
export async function runCommand(
  args: readonly string[],
  settings: Record<string, string> & { PLANTAIN_DATA_DIR: string },
): Promise<CommandEnd> {
  const environment = { ...(await settingsOfStore(settings.PLANTAIN_DATA_DIR)), ...settings };
  const said = { stdout: '', stderr: '' };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((...words) => void (said.stdout += `${format(...words)}\n`)),
    vi
      .spyOn(console, 'error')
      .mockImplementation((...words) => void (said.stderr += `${format(...words)}\n`)),
  ];
  const umask = process.umask();
  try {
    await main(args, environment);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = undefined;
    process.umask(umask);
    for (const spy of spies) spy.mockRestore();
  }
}
