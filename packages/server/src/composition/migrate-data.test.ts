import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { parseConfig } from '../config/parse-config.ts';
import { createDiskPictureStore } from '../pictures/stores/disk.ts';
import { linkSecretFile, loadOrCreateSecrets, rotateSecret } from '../pictures/stores/signing.ts';
import { databaseOfTest, postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { newTask } from '../store/conformance/store.fixture.ts';
import { createLocalChanges } from '../core/tasks/changes.ts';
import { lockDirectory } from '../store/sqlite/directory-lock.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type DataMove, moveData, picturesOf } from './migrate-data.ts';

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-installation-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const open = (directory: string) =>
  openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });

/** A data directory with a task, a picture, and two secrets that sign links. */
async function installation() {
  const directory = temporaryFolder();
  const store = open(directory);
  const task = newTask();
  await store.insert([task]);
  await store.close();
  await createDiskPictureStore({ directory: picturesOf(directory) }).put('results/a.png', Buffer.alloc(9));
  await loadOrCreateSecrets(linkSecretFile(directory));
  await rotateSecret(linkSecretFile(directory));
  return { directory, task };
}

const move = (data: DataMove) =>
  moveData(data, parseConfig({}).config, {
    signal: new AbortController().signal,
    onProgress: () => {},
    onPictures: () => {},
  });

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('an installation', () => {
  test('moves to a database and a folder, and back, with its pictures and the secrets of its links', async () => {
    const { directory, task } = await installation();
    const url = await databaseOfTest();
    const [folder, back] = [temporaryFolder(), join(temporaryFolder(), 'data')];
    const there = await move({
      from: directory,
      to: url,
      pictures: { from: picturesOf(directory), to: folder },
    });
    expect(there.pictures).toEqual({ pictures: 1, bytes: 9 });
    await move({ from: url, to: back, pictures: { from: folder, to: picturesOf(back) } });
    expect(readFileSync(join(picturesOf(back), 'results/a.png'))).toEqual(Buffer.alloc(9));
    for (const name of ['', '.previous'])
      expect(readFileSync(linkSecretFile(back) + name)).toEqual(
        readFileSync(linkSecretFile(directory) + name),
      );
    const store = open(back);
    expect(await store.find(task.id)).toMatchObject({ id: task.id, request: task.request });
    await store.close();
  });

  test('stays where it is while a server works on it, and where there is none', async () => {
    const { directory } = await installation();
    const url = await databaseOfTest();
    const lock = lockDirectory(directory);
    await expect(move({ from: directory, to: url })).rejects.toThrow(
      /is in use by another Plantain \(process \d+\)\. Stop that one, and move then/,
    );
    lock.release();
    const unknown = `${url}_unknown`;
    await expect(move({ from: directory, to: unknown })).rejects.toThrow('in the address (--to)');
    await expect(move({ from: unknown, to: temporaryFolder() })).rejects.toThrow('in the address (--from)');
    const missing = join(directory, 'no-such-folder');
    await expect(move({ from: missing, to: url })).rejects.toThrow('There is no directory');
    await expect(move({ from: temporaryFolder(), to: url })).rejects.toThrow(
      'There is no database of Plantain',
    );
    const pictures = { from: missing, to: temporaryFolder() };
    await expect(move({ from: directory, to: url, pictures })).rejects.toThrow('There are no pictures in');
    expect(existsSync(missing)).toBe(false);
  });
});
