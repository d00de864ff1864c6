// Finds folders with more sources than one can look over. Tests and their support are not counted.

import { dirname } from 'node:path';
import type { Finding } from './finding.ts';
import { isTest } from './sources.ts';

const maxSources = 25;

export function findFullFolders(paths: string[]): Finding[] {
  const folders = Map.groupBy(
    paths.filter((path) => !isTest(path)),
    (path) => dirname(path),
  );
  return [...folders]
    .filter(([, sources]) => sources.length > maxSources)
    .map(([folder, { length }]) => ({
      key: folder,
      message: `${folder} has ${length} sources; at most ${maxSources}. Cut it by what they are about.`,
    }));
}
