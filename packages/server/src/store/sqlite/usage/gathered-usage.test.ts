import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noUsage } from '../../../core/usage/usage.ts';
import { prepareFile } from '../database-file.ts';
import { openForWriting } from '../database.ts';
import { commitGroup } from '../writes/group-commit.ts';
import { gatherUsage } from './gathered-usage.ts';
import { prepareAddUsage } from './usage-writes.ts';

const place = { day: 0, owner: 'own', key: 'key', model: 'nano-banana', upstream: '' };

test('usage is added once for each place, and not for what was undone, however a group went', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-usage-'));
  const database = openForWriting(prepareFile(directory));
  onTestFinished(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });
  const added: number[] = [];
  const addNow = prepareAddUsage(database);
  const usage = gatherUsage((change) => {
    added.push(change.submitted);
    addNow(change);
  });
  const use =
    (submitted: number, upstream = '') =>
    () =>
      usage.add({ ...noUsage, ...place, upstream, submitted, chargedMicroUsd: 10 });
  const fail = () => {
    use(1_000)();
    throw new Error('It fails.');
  };
  commitGroup(database, [use(1), use(2), use(4, 'gemini'), use(-1)], usage);
  expect(added).toEqual([2, 4]);
  commitGroup(database, [use(8), fail, use(16)], usage);
  const rows = database
    .prepare('SELECT upstream, submitted, charged_micro_usd AS charged FROM usage_days ORDER BY upstream')
    .all();
  expect(rows).toEqual([
    { upstream: '', submitted: 26, charged: 50 },
    { upstream: 'gemini', submitted: 4, charged: 10 },
  ]);
});
