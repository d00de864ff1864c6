// Runs every check of the house over the project.

import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readPages } from './documents.ts';
import type { Finding } from './finding.ts';
import { findFullFolders } from './full-folders.ts';
import { findLongFiles } from './long-files.ts';
import { findLongFunctions } from './long-functions.ts';
import { findStalePaths, findStalePathsInComments } from './named-paths.ts';
import { findUnknownSymbols, wordsOfSources } from './named-symbols.ts';
import { findOpeningWords } from './opening-words.ts';
import { readSources } from './sources.ts';

/** Gives the findings by the name of the check. */
export function findFaults(): Record<string, Finding[]> {
  const sources = readSources();
  const pages = readPages();
  const symbols = wordsOfSources(sources);
  const files = globSync('**/*', {
    cwd: join(import.meta.dirname, '..', '..'),
    exclude: (path) => ['node_modules', 'dist', 'data'].includes(basename(path)),
  });
  return {
    'long functions': sources.flatMap(findLongFunctions),
    'long files': sources.flatMap(findLongFiles),
    'full folders': findFullFolders(sources.map(({ path }) => path)),
    'opening words': sources.flatMap(findOpeningWords),
    'named paths': [
      ...pages.flatMap((page) => findStalePaths(page, files)),
      ...sources.flatMap((source) => findStalePathsInComments(source, files)),
    ],
    'named symbols': pages.flatMap((page) => findUnknownSymbols(page, symbols)),
  };
}
