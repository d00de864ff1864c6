import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { copyDatabase, type PagesCopied } from './copy-database.ts';
import { damageIndex } from './damage.fixture.ts';
import { openForWriting } from './database.ts';
import { databaseFile, prepareFile } from './database-file.ts';

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-copy-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const { signal } = new AbortController();

test('a copy beside a writer that never rests ends, and is of the moment of its beginning', async () => {
  const directory = temporaryFolder();
  const writer = openForWriting(prepareFile(directory));
  writer.exec('CREATE TABLE noise (bytes BLOB)');
  const write = writer.prepare('INSERT INTO noise VALUES (zeroblob(?))');
  for (let count = 0; count < 24; count += 1) write.run(2 ** 20);
  const steps: PagesCopied[] = [];
  const to = join(temporaryFolder(), 'copy.db');
  const copied = await copyDatabase(directory, to, {
    signal,
    onProgress(step) {
      steps.push(step);
      // Enough that the log is folded into the database, as far as it may be.
      for (let count = 0; count < 4; count += 1) write.run(2 ** 20);
    },
  });
  writer.close();
  expect(copied).toMatchObject({ tasks: 0, openTasks: 0, keys: 0 });
  // Each step has other pages than the one before: none began anew.
  const pages = steps.map((step) => step.pages);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages).toEqual([...new Set(pages)].toSorted((a, b) => a - b));
  const copy = new DatabaseSync(to, { readOnly: true });
  expect(copy.prepare('SELECT count(*) AS count FROM noise').get()).toEqual({ count: 24 });
  copy.close();
  expect(statSync(to).mode & 0o777).toBe(0o600);
});

test('a damaged database, one of another program and a missing one are refused', async () => {
  const directory = temporaryFolder();
  const copy = () =>
    copyDatabase(directory, join(temporaryFolder(), 'copy.db'), { signal, onProgress: () => {} });
  await expect(copy()).rejects.toThrow('There is no database in');
  const other = new DatabaseSync(databaseFile(directory));
  other.exec('CREATE TABLE theirs (a)');
  other.close();
  await expect(copy()).rejects.toThrow('another program');
  const damaged = temporaryFolder();
  prepareFile(damaged);
  damageIndex(databaseFile(damaged), 'tasks_lease');
  const to = join(temporaryFolder(), 'copy.db');
  const copied = copyDatabase(damaged, to, { signal, onProgress: () => {} });
  await expect(copied).rejects.toThrow(/is damaged, and so is a copy of it: .*\. Keep the backup before/);
});
