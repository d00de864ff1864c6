import { expect, test } from 'vitest';
import { migrateDataCommand, settingsAfter } from './migrate-data.ts';
import { createProgressLine } from './progress-line.ts';
import { UsageError } from './usage.ts';

test.each([
  [['--from', 'data'], 'takes --from and --to'],
  [['--from', 'data', '--to', 'other'], 'one is a data directory, the other the address of a database'],
  [['--from', 'postgres://a/b', '--to', 'postgresql://a/c'], 'one is a data directory'],
  [['--from', 'data', '--to', 'postgres://a:p/w@b/c'], 'special characters of a password are written as %40'],
  [['--from', 'data', '--to', 'postgres://a:p@ss#w@b:x/c'], 'special characters of a password'],
  [['--from', 'data', '--to', 'postgres://a/b', '--pictures-from', 'c'], 'A database has no pictures'],
])('migrate-data %j is refused with a sentence', async (args, words) => {
  const refused = migrateDataCommand(args, {});
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(words);
});

test('the end names the settings by which a server finds the records, and pictures that lie elsewhere', () => {
  const url = 'postgres://a/b';
  expect(settingsAfter({ from: 'data', to: url })).toBe('PLANTAIN_DATABASE_URL');
  expect(settingsAfter({ from: 'data', to: url, pictures: { from: 'data/pictures', to: '/mnt/p' } })).toBe(
    'PLANTAIN_DATABASE_URL, PLANTAIN_PICTURE_STORE=shared, PLANTAIN_PICTURES_DIR=/mnt/p',
  );
  expect(settingsAfter({ from: url, to: 'data', pictures: { from: '/mnt/p', to: 'data/pictures' } })).toBe(
    'PLANTAIN_DATA_DIR=data, and without PLANTAIN_DATABASE_URL',
  );
  expect(settingsAfter({ from: url, to: 'data', pictures: { from: '/mnt/p', to: 's3' } })).toBe(
    'PLANTAIN_DATA_DIR=data, PLANTAIN_PICTURE_STORE=s3, and without PLANTAIN_DATABASE_URL',
  );
});

/** Progress of a table whose rows are shown at these times, in milliseconds. */
function shownAt(times: readonly number[], isTTY: boolean): string[] {
  const written: string[] = [];
  let at = 0;
  const line = createProgressLine({ isTTY, write: (text) => written.push(text) }, () => at);
  for (at of times) line.show({ doing: 'copy', table: 'tasks', rows: at, of: 9_000 });
  line.end();
  return written;
}

test('progress is written over and over in a terminal, and now and then elsewhere', () => {
  expect(shownAt([0, 100, 2_000, 6_000], false)).toEqual([
    'tasks: 0 of 9,000 rows copied\n',
    'tasks: 6,000 of 9,000 rows copied, 1,000 a second\n',
  ]);
  expect(shownAt([0, 100, 2_000], true)).toEqual([
    '\r\u001b[Ktasks: 0 of 9,000 rows copied',
    '\r\u001b[Ktasks: 2,000 of 9,000 rows copied, 1,000 a second',
    '\n',
  ]);
});
