import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeOldFolders } from './old-folders.fixture.ts';

test('what killed runs of tests have left is removed after a day, and nothing that may be a person’s', () => {
  const place = mkdtempSync(join(tmpdir(), 'plantain-folders-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const now = Date.now();
  const add = (name: string, ageHours: number) => {
    const folder = join(place, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'plantain.db'), '');
    utimesSync(folder, new Date(), new Date(now - ageHours * 3_600_000));
  };
  add('plantain-e2e-aB3dE9', 25);
  add('plantain-postgres-copy-Zzzzzz', 240);
  add('plantain-http-aB3dE9', 23);
  add('plantain-data-backup', 240);
  add('plantain-postgres-programs-123456', 240);
  add('somebody-aB3dE9', 240);
  removeOldFolders(place, now);
  expect(readdirSync(place).toSorted()).toEqual([
    'plantain-data-backup',
    'plantain-http-aB3dE9',
    'plantain-postgres-programs-123456',
    'somebody-aB3dE9',
  ]);
});
