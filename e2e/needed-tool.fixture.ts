// Tests that run a program of the machine are skipped where it is not installed, and fail there where `CI` is set: a skip that
// nobody sees would pass for a test.

import { spawnSync } from 'node:child_process';

const isInstalled = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

/**
 * Condition of `test.skipIf`, which says in one line what is skipped. It throws where `CI` is set. `isThere`, for what
 * `--version` doesn't find.
 */
export function isMissing(tool: string, isThere: boolean = isInstalled(tool)): boolean {
  if (isThere) return false;
  const isMachineForTests = !['', undefined, 'false'].includes(process.env['CI']);
  if (isMachineForTests) throw new Error(`This machine has no ${tool}, and CI may skip none of its tests.`);
  console.log(`Skipped: what needs ${tool}, which this machine does not have.`);
  return true;
}
