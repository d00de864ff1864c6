// Everything that must hold before a change lands, in the order of how quickly it fails.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;

const steps = [
  ['format', bin('prettier'), '--check', '--log-level', 'warn', '.'],
  ['lint', bin('oxlint'), '--type-aware', '--deny-warnings'],
  ['types', bin('tsc'), '-p', '.'],
  ['types of the client, of Node 20', bin('tsc'), '-p', join('packages', 'client')],
  ['types of the console', bin('tsc'), '-p', join('packages', 'console')],
  ['import boundaries', node, join('scripts', 'check-boundaries.mjs')],
  ['sizes, comments and documents', node, join('scripts', 'check-house.ts')],
  ['dead code', bin('knip')],
  ['tests', node, join('node_modules', 'vitest', 'vitest.mjs'), 'run'],
];

// CI runs the tests by the command that users run, and need not run them twice.
if (process.argv.includes('--without-tests')) steps.pop();

for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\nThe check stopped at "${name}"${error === undefined ? '' : `: ${error.message}`}.`);
    process.exit(1);
  }
}
console.log('\nAll checks passed.');
