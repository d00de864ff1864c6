// The store under what is tested above it: SQLite in a folder, or, in the vitest project "PostgreSQL", a database that belongs to the
// folder. So a test that opens its folder again finds what it left there, on both.

import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { openKeys, openLedger } from '../composition/commands.ts';
import type { Changes } from '../core/tasks/changes.ts';
import { afterThisFile, afterThisTest } from '../lib/ends.fixture.ts';
import { linkSecretFile } from '../pictures/stores/signing.ts';
import { openDatabase } from './postgres/database/database.ts';
import { loadOrCreateLinkSecrets } from './postgres/link-secrets.ts';
import { createPostgresStore } from './postgres/postgres-store.ts';
import { createDatabase } from './postgres/database/store.fixture.ts';
import { openReadyStore } from './sqlite/store.fixture.ts';
import type { Store } from './store.ts';

export const isOnPostgres = process.env['PLANTAIN_TEST_STORE'] === 'postgres';

/** Instead of `test`, for what has nothing to do with the store, in a file whose other tests run on both. */
export const onOneStore = isOnPostgres ? test.skip : test;

type Made = Awaited<ReturnType<typeof createDatabase>>;

/** Databases that no folder has yet: a store is opened without waiting, and a database can't be made so. */
const spare: Made[] = [];
const urls = new Map<string, string>();
/** No test opens more stores than this in folders of their own. */
const spareCount = 3;

/** Makes the databases that a test may need. */
export async function prepareDatabases(): Promise<void> {
  while (isOnPostgres && spare.length < spareCount) spare.push(await createDatabase());
}

/** Address of the database of a folder, which is dropped with the test or the file for which it was made. */
function urlOf(directory: string, afterThis: typeof afterThisTest): string {
  const known = urls.get(directory);
  if (known !== undefined) return known;
  const made = spare.shift();
  if (made === undefined) throw new Error(`A test opens more than ${spareCount} stores.`);
  urls.set(directory, made.url);
  afterThis(async () => {
    urls.delete(directory);
    await made.drop();
  });
  return made.url;
}

/** Opens the store of a folder; of a new one, for the test that runs. */
export function openTestStore({ directory, changes }: { directory: string; changes: Changes }): Store {
  if (isOnPostgres) return createPostgresStore({ url: urlOf(directory, afterThisTest), changes }).store;
  return openReadyStore({ directory, changes });
}

const whereOf = (directory: string) => ({
  data_dir: directory,
  database_url: isOnPostgres ? urlOf(directory, afterThisFile) : undefined,
});

/** Opens the keys of the store of a folder. */
export async function openTestKeys(directory: string) {
  await prepareDatabases();
  return await openKeys(whereOf(directory));
}

/** Opens the ledger of the store of a folder, as the command does beside a server. */
export async function openTestLedger(directory: string) {
  await prepareDatabases();
  return await openLedger(whereOf(directory));
}

/** Reads the secret that signs links of the server on a folder. */
export async function linkSecretOf(directory: string): Promise<Uint8Array> {
  if (!isOnPostgres) return readFileSync(linkSecretFile(directory));
  const database = openDatabase({ url: urlOf(directory, afterThisFile) });
  const { secret } = await loadOrCreateLinkSecrets(database);
  await database.close();
  return secret;
}

/** Settings of a whole server, named as in the environment without their prefix, for the store of its folder. */
export async function storeSettings(directory: string): Promise<Record<string, string>> {
  if (!isOnPostgres) return {};
  await prepareDatabases();
  return { DATABASE_URL: urlOf(directory, afterThisFile), SINGLE_NODE: 'true' };
}
