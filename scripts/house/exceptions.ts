// The faults that the house had when its checks came. The list may only shrink: what is mended leaves it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.ts';

const file = join(import.meta.dirname, 'exceptions.json');

/** Keys of findings by the name of the check. */
export type Exceptions = Record<string, string[]>;

export const readExceptions = (): Exceptions => JSON.parse(readFileSync(file, 'utf8')) as Exceptions;

export function writeExceptions(exceptions: Exceptions): void {
  writeFileSync(file, `${JSON.stringify(exceptions, null, 2)}\n`);
}

/** `faults`: findings that are no exception. `needless`: exceptions that nothing is found for any more. */
export function sift(findings: Finding[], exceptions: string[]): { faults: Finding[]; needless: string[] } {
  const keys = new Set(findings.map(({ key }) => key));
  return {
    faults: findings.filter(({ key }) => !exceptions.includes(key)),
    needless: exceptions.filter((key) => !keys.has(key)),
  };
}
