// Warnings of members of a request that have no effect in a face, bounded, as a client may send thousands.

import { shorten } from '../../submit/submit-names.ts';

/** Members that are named one by one; the rest is counted. */
const maxNamed = 20;

export function ignoredWarnings(names: readonly string[]): string[] {
  const warnings = names.slice(0, maxNamed).map((name) => `${shorten(name)}: has no effect here`);
  if (names.length > maxNamed) warnings.push(`${names.length - maxNamed} more members have no effect here`);
  return warnings;
}
