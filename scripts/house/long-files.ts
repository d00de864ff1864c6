// Finds files that are too long. Tests and their support may have any length: a suite is one list of sentences.

import type { Finding } from './finding.ts';
import { isTest, type Source } from './sources.ts';

const maxLines = 300;

export function findLongFiles({ path, tree }: Source): Finding[] {
  const lines = tree.text.split('\n').length - 1;
  if (isTest(path) || lines <= maxLines) return [];
  return [
    { key: path, message: `${path} has ${lines} lines; at most ${maxLines}. Cut it by what it is about.` },
  ];
}
