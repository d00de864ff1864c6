// Holds sizes, comments and documents against the habits of CONTRIBUTING.md.
//
//   node scripts/check-house.ts            fails on every fault that is no exception
//   node scripts/check-house.ts --list     prints the exceptions too, each with its place
//   node scripts/check-house.ts --shrink   takes what is mended out of the list of exceptions

import { readExceptions, sift, writeExceptions } from './house/exceptions.ts';
import { findFaults } from './house/find-faults.ts';

const findings = findFaults();
const exceptions = readExceptions();

for (const [check, found] of Object.entries(findings)) {
  const { faults, needless } = sift(found, exceptions[check] ?? []);
  for (const { message } of process.argv.includes('--list') ? found : faults) console.error(message);
  for (const key of needless) console.log(`${check}: "${key}" is mended and needs no exception.`);
  console.log(`${check}: ${faults.length}; exceptions: ${found.length - faults.length}`);
  if (faults.length > 0) process.exitCode = 1;
}

if (process.argv.includes('--shrink')) {
  const left = Object.entries(exceptions).map(([check, keys]) => {
    const { needless } = sift(findings[check] ?? [], keys);
    return [check, keys.filter((key) => !needless.includes(key))];
  });
  writeExceptions(Object.fromEntries(left));
}
