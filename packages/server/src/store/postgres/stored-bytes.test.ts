import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { start } from '../conformance/store.fixture.ts';
import { storePictures } from '../conformance/stored-bytes.conformance.ts';
import { storedBytes } from './database/migrations/stored-bytes.ts';
import { postgresUrl } from './database/store.fixture.ts';
import { openTwoStores } from './database/two-stores.fixture.ts';

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('pictures of an earlier version', () => {
  test('are counted as soon as the schema is up to date', async () => {
    const { stores, database } = await openTwoStores();
    const deleted = await storePictures(stores[0], 'key_a', 7);
    await storePictures(stores[0], 'key_a', 300, 4_000);
    await stores[0].markPicturesDeleted([deleted], start + 5);
    await database.query('ALTER TABLE tasks DROP COLUMN stored_bytes');
    for (const statement of storedBytes.split(/;\n/))
      if (statement.trim() !== '') await database.query(statement);
    expect(await stores[1].storedBytes({ kind: 'key', id: 'key_a' }, start + 10)).toBe(4_300);
  });
});
