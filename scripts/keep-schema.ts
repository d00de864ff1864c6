// Keeps a database of SQLite as a server leaves it when it is killed, for the test that brings each earlier schema up to date: with tasks in
// every state, an owner and an endpoint of webhooks. The file is called by its schema.
//
//   node scripts/keep-schema.ts             of the server of this checkout, before a new step is added
//   node scripts/keep-schema.ts ../older    of that of another checkout, whose dependencies are there

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { createClient, type PlantainClient } from '@plantain/client';
import { launchServer } from '../e2e/launch-server.ts';

const root = join(import.meta.dirname, '..');
const checkout = resolve(process.argv[2] ?? root);
const folder = join(root, 'packages/server/src/store/sqlite/earlier');

/** One task succeeds, one fails, one is at work and one waits behind it. */
async function fill(client: PlantainClient): Promise<void> {
  await client.admin.owners.create({ name: 'Somebody' });
  await client.webhooks.create({ url: 'https://receiver.example/hook' });
  const submit = async (prompt: string) => (await client.generate({ prompt })).task_id;
  await client.wait(await submit('a banana'));
  await client.wait(await submit('no banana [[fail content_rejected]]')).catch(() => {});
  const slow = await submit('a slow banana [[delay 60m]]');
  // A look for what is due may come late, and nothing tells that a task has begun.
  while ((await client.get(slow)).state !== 'running');
  await submit('a banana that waits');
}

/** Gives the schema of the database, and its bytes, in one file without a log. */
function copyOf(directory: string): { schema: number; bytes: Uint8Array } {
  const copy = join(directory, 'copy.db');
  const database = new DatabaseSync(join(directory, 'plantain.db'));
  database.prepare('VACUUM INTO ?').run(copy);
  const schema = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  database.close();
  return { schema, bytes: gzipSync(readFileSync(copy), { level: 9 }) };
}

const directory = mkdtempSync(join(tmpdir(), 'plantain-schema-'));
try {
  const server = await launchServer(
    directory,
    { PLANTAIN_CONCURRENCY: '1', PLANTAIN_LOG_LEVEL: 'error' },
    { program: join(checkout, 'packages/server/bin/plantain-server.js') },
  );
  try {
    await fill(createClient({ baseUrl: server.url, apiKey: server.key ?? '' }));
  } finally {
    await server.end('SIGKILL');
  }
  const { schema, bytes } = copyOf(directory);
  const file = join(folder, `${String(schema).padStart(2, '0')}.db.gz`);
  writeFileSync(file, bytes);
  console.log(`${file}: schema ${schema}, ${bytes.length} bytes`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
