// Finds paths in documents and comments that lead nowhere. A path may leave out its first folders, as `store/rows.ts` does for
// `packages/server/src/store/rows.ts`, and may have a star.

import { dirname, matchesGlob } from 'node:path';
import { commentsOf } from './comments.ts';
import { codeWords, isAboutTheCode, type Page } from './documents.ts';
import type { Finding } from './finding.ts';
import type { Source } from './sources.ts';

const source = /^[\w.*/-]+\.(?:tsx?|mjs|js|json|md)$/;
const folder = /^(?!(?:image|text|application)\/)(?:[\w.*-]+\/)+[\w*-]*$/;

/** Folders of the data directory, which pages about the code name too. */
const dataFolders = new Set(['inputs/', 'results/', 'tmp/', 'renditions/']);

/** A script in the folder of whoever follows a guide. */
const isOfTheReader = (word: string): boolean =>
  /^[\w.-]+\.(?:mjs|json)$/.test(word) || word.startsWith('out/');

function leadsSomewhere(word: string, paths: string[]): boolean {
  const pattern = word.replace(/^\.?\//, '').replace(/\/$/, '');
  return paths.some(
    (path) => path === pattern || path.endsWith(`/${pattern}`) || matchesGlob(path, `**/${pattern}`),
  );
}

/** `files` are those of the project, from its root. */
export function findStalePaths({ path, text }: Page, files: string[]): Finding[] {
  const folders = new Set<string>();
  for (const file of files)
    for (let at = dirname(file); at !== '.' && !folders.has(at); at = dirname(at)) folders.add(at);
  return codeWords(text)
    .filter(({ word }) => {
      if (source.test(word)) return !isOfTheReader(word) && !leadsSomewhere(word, files);
      return (
        isAboutTheCode(path) &&
        folder.test(word) &&
        !dataFolders.has(word) &&
        !leadsSomewhere(word, [...folders])
      );
    })
    .map(({ word, line }) => ({
      key: `${path}: ${word}`,
      message: `${path}:${line} names ${word}, which is nowhere in the project.`,
    }));
}

/** Looks at names of files alone: a comment names folders of other projects too. */
export function findStalePathsInComments({ path, tree }: Source, files: string[]): Finding[] {
  return commentsOf(tree).flatMap(({ line, text }) =>
    (text.match(/(?<![\w./*-])[\w-]+(?:\/[\w-]+)*\.(?:tsx?|mjs)\b/g) ?? [])
      .filter((word) => !leadsSomewhere(word, files))
      .map((word) => ({
        key: `${path}: ${word}`,
        message: `${path}:${line} names ${word}, which is nowhere in the project.`,
      })),
  );
}
