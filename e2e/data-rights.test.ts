import { chmodSync, copyFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { runToEnd, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a data directory is made for the server’s user alone, with all folders and pictures in it', async () => {
  const directory = join(temporaryDirectory(), 'new', 'data');
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const client = api(server.url, key);
  await client.final(await submitted(client, { prompt: 'x' }));
  expect(modeOf(directory)).toBe('700');
  const inside = readdirSync(join(directory, 'pictures'), { recursive: true, withFileTypes: true });
  const modes = inside.map((entry) => [entry.isFile(), modeOf(join(entry.parentPath, entry.name))]);
  expect(modes).toContainEqual([true, '600']);
  for (const [isFile, mode] of modes) expect(mode).toBe(isFile ? '600' : '700');
  expect(server.stderr()).not.toContain('data_readable');
});

test.each(['755', '750', '705'])(
  'a data directory of mode %s is warned of once, with what mends it',
  async (mode) => {
    const directory = temporaryDirectory();
    chmodSync(directory, mode);
    const server = await startServer(directory);
    const told = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes('data_readable'));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, directory, mode, mend: `chmod 700 '${directory}'` },
    ]);
  },
);

test('a backup that was copied over the database of a killed server is not mixed with what that left', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'plantain.db');
  const first = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const saved = join(temporaryDirectory(), 'saved.db');
  const database = new DatabaseSync(file, { readOnly: true });
  await backup(database, saved);
  database.close();
  const id = await submitted(api(first.url, key), { prompt: 'after the backup' });
  await first.end('SIGKILL');
  copyFileSync(saved, file);

  const refused = await runToEnd([], { PLANTAIN_PORT: '0', PLANTAIN_DATA_DIR: directory });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('another database') });
  expect(refused.stderr).not.toContain('    at ');
  rmSync(`${file}-wal`);
  rmSync(`${file}-shm`);
  const next = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  await expect(api(next.url, key).task(id)).rejects.toThrow('404');
});
