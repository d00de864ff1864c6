import { expect, test } from 'vitest';
import { findFullFolders } from './full-folders.ts';
import { findLongFiles } from './long-files.ts';
import { findLongFunctions } from './long-functions.ts';
import { findStalePaths, findStalePathsInComments } from './named-paths.ts';
import { findUnknownSymbols, wordsOfSources } from './named-symbols.ts';
import { findOpeningWords } from './opening-words.ts';
import { parse } from './sources.ts';

const lines = (count: number) => '  //\n'.repeat(count);
const keysOf = (findings: { key: string }[]) => findings.map(({ key }) => key);

test('a function may have 60 lines, comments counted, and one of TSX or of a test 80', () => {
  const find = (path: string, count: number) =>
    keysOf(findLongFunctions(parse(path, `export function work() {\n${lines(count - 2)}}\n`)));
  expect(find('a/work.ts', 60)).toEqual([]);
  expect(find('a/work.ts', 61)).toEqual(['work.ts: work']);
  expect(find('a/work.tsx', 80)).toEqual([]);
  expect(find('a/work.tsx', 81)).toEqual(['work.tsx: work']);
  expect(find('a/work.fixture.ts', 80)).toEqual([]);
  expect(find('a/work.test.ts', 81)).toEqual(['work.test.ts: work']);
});

test('a method and a function of an object are named too', () => {
  const text = `export const parts = {\n  first: () => {\n${lines(60)}  },\n  second() {\n${lines(60)}  },\n};\n`;
  expect(keysOf(findLongFunctions(parse('a/parts.ts', text)))).toEqual([
    'parts.ts: first',
    'parts.ts: second',
  ]);
});

test('a function that declares tests may have any length, and each of its tests has its bound', () => {
  const find = (name: string, text: string) => keysOf(findLongFunctions(parse(name, text)));
  const suite = `describe.each(rows)('a store', () => {\n${lines(90)}  test('keeps', () => {\n${lines(80)}  });\n});\n`;
  expect(find('store.test.ts', suite)).toEqual(['store.test.ts: keeps']);
  const conformance = `export function storeSuite() {\n${lines(90)}  for (const row of rows) it.each(row)('keeps', run);\n}\n`;
  expect(find('store.conformance.ts', conformance)).toEqual([]);
  expect(find('store.ts', conformance)).toEqual(['store.ts: storeSuite']);
});

test('a file may have 300 lines, and one of tests any number', () => {
  const find = (path: string, count: number) => keysOf(findLongFiles(parse(path, lines(count))));
  expect(find('a/work.ts', 300)).toEqual([]);
  expect(find('a/work.ts', 301)).toEqual(['a/work.ts']);
  expect(find('a/work.test.ts', 400)).toEqual([]);
});

test('a folder may have 25 sources, tests and their support not counted', () => {
  const files = (count: number) => Array.from({ length: count }, (_, index) => `a/b/${index}.ts`);
  expect(findFullFolders([...files(25), 'a/b/x.test.ts', 'a/b/x.fixture.ts', 'a/c/y.ts'])).toEqual([]);
  expect(keysOf(findFullFolders(files(26)))).toEqual(['a/b']);
});

test('a comment begins with the thing that it documents', () => {
  const find = (text: string) => findOpeningWords(parse('a/work.ts', text)).length;
  expect(find('// What it is for.\nexport {};\n')).toBe(1);
  expect(find('/** The same for tasks. */\nexport const a = 1;\n')).toBe(1);
  expect(find('/**\n * Who may see it.\n */\nexport const a = 1;\n')).toBe(1);
  expect(find('export interface A {\n  // Whoever reads.\n  b: string;\n}\n')).toBe(1);
  expect(find('export const f = () => {\n  // Those that are left.\n};\n')).toBe(1);
  expect(find('export const a = [\n  1,\n  // Whose key it is.\n];\n')).toBe(1);
  expect(find('// The task\n// What begins a line further down is no beginning.\nexport {};\n')).toBe(0);
  expect(find("/** Whether it is open. */\nexport const a = '// What a string says';\n")).toBe(0);
});

test('a path in a document leads to a file of the project', () => {
  const files = ['packages/server/src/core/keys.ts', 'packages/server/src/pictures/bare-png.ts'];
  const find = (path: string, text: string) => keysOf(findStalePaths({ path, text }, files));
  const right =
    '`core/keys.ts`, `keys.ts`, `packages/server/src`, `src/core/`, `pictures/bare-*.ts`, `image/png`';
  expect(find('docs/architecture.md', right)).toEqual([]);
  expect(find('docs/client.md', '`core/key.ts`')).toEqual(['docs/client.md: core/key.ts']);
  expect(find('docs/architecture.md', '`src/cores/` and\n`moved-*.ts`')).toEqual([
    'docs/architecture.md: src/cores/',
    'docs/architecture.md: moved-*.ts',
  ]);
  expect(find('docs/architecture.md', '```sh\nnode `gone.ts`\n```')).toEqual([]);
});

test('a path in a comment leads to a file of the project', () => {
  const find = (text: string) => keysOf(findStalePathsInComments(parse('a/b.ts', text), ['a/b.ts']));
  expect(find('// `b.ts` owns that.\nexport {};\n')).toEqual([]);
  expect(find('// c.ts owns that.\nexport {};\n')).toEqual(['a/b.ts: c.ts']);
  expect(find('// See `types/x.d.ts` and https://a.example/x.ts.\nexport {};\n')).toEqual([]);
});

test('a symbol in a document is in a source that is no test', () => {
  const words = wordsOfSources([
    parse('a/a.ts', "export const finishIfLeased = () => log.info({ durationMs: 1 }, 'taskEnded');\n"),
    parse('a/a.test.ts', 'const onlyInTests = 1;\n'),
  ]);
  const find = (path: string, text: string) => keysOf(findUnknownSymbols({ path, text }, words));
  const right =
    '`finishIfLeased`, `finishIfLeased(id)`, `log.durationMs`, `taskEnded`, `max_tries`, `Accept`';
  expect(find('docs/architecture.md', right)).toEqual([]);
  expect(find('CONTRIBUTING.md', '`chooseUpstream` and `onlyInTests`, `TaskStores`')).toEqual([
    'CONTRIBUTING.md: chooseUpstream',
    'CONTRIBUTING.md: onlyInTests',
    'CONTRIBUTING.md: TaskStores',
  ]);
  expect(find('docs/operating.md', '`MemoryDenyWriteExecute`')).toEqual([]);
});
