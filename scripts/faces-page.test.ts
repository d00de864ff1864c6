import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { facesPage } from './faces-page.ts';

const docs = join(import.meta.dirname, '..', 'docs');

test('docs/faces.md is what the tests of the faces have shown', async () => {
  expect(readFileSync(join(docs, 'faces.md'), 'utf8')).toBe(await facesPage());
});

test('every face of the table has its page', () => {
  const names = globSync(join(docs, 'faces', 'columns', '*.json')).map((file) => basename(file, '.json'));
  expect(names).not.toEqual([]);
  for (const name of names) expect(existsSync(join(docs, 'faces', `${name}.md`)), name).toBe(true);
});
