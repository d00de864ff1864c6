// The words in `code` of the pages in Markdown, by which they name files and symbols of the project.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface Page {
  /** From the root, such as `docs/architecture.md`. */
  path: string;
  text: string;
}

export interface CodeWord {
  word: string;
  line: number;
}

/** Tells pages about the code from those for users, which name files and symbols of other programs too. */
export const isAboutTheCode = (path: string): boolean =>
  /^(?:CONTRIBUTING|SECURITY|docs\/(?:architecture|bench|vocabulary|decisions\/.*))\b/.test(path);

/** The changelog is left out: it names things as they were. */
export function readPages(): Page[] {
  return globSync('{*.md,docs/**/*.md}', { cwd: root })
    .filter((path) => path !== 'CHANGELOG.md')
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Gives each text between backticks of a line. Fenced blocks are programs and files of users, and are left out. */
export function codeWords(text: string): CodeWord[] {
  let isFenced = false;
  return text.split('\n').flatMap((row, index) => {
    if (row.trimStart().startsWith('```')) {
      isFenced = !isFenced;
      return [];
    }
    if (isFenced) return [];
    return row
      .split('`')
      .filter((_, at) => at % 2 === 1)
      .map((word) => ({ word, line: index + 1 }));
  });
}
