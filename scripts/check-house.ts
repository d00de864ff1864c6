// Holds sizes, comments and documents against the habits of CONTRIBUTING.md: prints every fault, and fails where there is one.

import { findFaults } from './house/find-faults.ts';

for (const [check, faults] of Object.entries(findFaults())) {
  for (const { message } of faults) console.error(message);
  console.log(`${check}: ${faults.length}`);
  if (faults.length > 0) process.exitCode = 1;
}
