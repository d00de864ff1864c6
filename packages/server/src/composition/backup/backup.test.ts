import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskData } from '@plantain/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { backupCommand } from '../../cli/backup.ts';
import { restoreCommand } from '../../cli/restore.ts';
import { UsageError } from '../../cli/usage.ts';
import { createPlantain } from '../../compose.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { createLocalChanges } from '../../core/tasks/changes.ts';
import { startServer, statusPath } from '../../http/server.fixture.ts';
import { createDiskPictureStore } from '../../pictures/stores/disk.ts';
import { linkSecretFile, loadOrCreateSecrets, rotateSecret } from '../../pictures/stores/signing.ts';
import { newTask } from '../../store/conformance/store.fixture.ts';
import { openForWriting } from '../../store/sqlite/database.ts';
import { databaseFile } from '../../store/sqlite/database-file.ts';
import { lockDirectory } from '../../store/sqlite/directory-lock.ts';
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts';
import { type BackupListener, makeBackup } from './make-backup.ts';
import { restoreBackup, type RestoreListener } from './restore-backup.ts';

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-backup-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const settingsOf = (directory: string, more: Record<string, string> = {}) =>
  parseConfig({ PLANTAIN_DATA_DIR: directory, ...more }).config;

interface Chosen extends Partial<BackupListener & Pick<RestoreListener, 'onFiles'>> {
  settings?: Record<string, string>;
  withoutPictures?: boolean;
}

const backUp = (
  directory: string,
  to: string,
  { settings, withoutPictures = false, ...listener }: Chosen = {},
) =>
  makeBackup(settingsOf(directory, settings), to, {
    version: '0.1.0',
    withoutPictures,
    signal: new AbortController().signal,
    onPages: () => {},
    onRecords: () => {},
    onPictures: () => {},
    ...listener,
  });

const restore = (
  from: string,
  directory: string,
  { settings, withoutPictures = false, ...listener }: Chosen = {},
) =>
  restoreBackup(settingsOf(directory, settings), from, {
    withoutPictures,
    signal: new AbortController().signal,
    onManifest: () => {},
    onFiles: () => {},
    ...listener,
  });

const open = (directory: string) =>
  openSqliteStore({
    directory,
    changes: createLocalChanges(),
    onDeath(error) {
      throw error;
    },
  });

/** A data directory with a task, two pictures, a rendition and two secrets that sign links, and a backup of it. */
const kept = { directory: '', backup: '', task: newTask() };

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'plantain-backup-'));
  Object.assign(kept, { directory: join(root, 'data'), backup: join(root, 'backup') });
  const store = open(kept.directory);
  await store.insert([kept.task]);
  await store.close();
  const pictures = createDiskPictureStore({ directory: join(kept.directory, 'pictures') });
  for (const key of ['results/ab/a.png', 'inputs/b.png', 'renditions/ab/c/1x1.png'])
    await pictures.put(key, Buffer.from(key));
  await loadOrCreateSecrets(linkSecretFile(kept.directory));
  await rotateSecret(linkSecretFile(kept.directory));
  await backUp(kept.directory, kept.backup);
});
afterAll(() => rmSync(join(kept.directory, '..'), { recursive: true }));

/** A copy of the backup, to do harm to. */
function copyOfBackup(): string {
  const to = temporaryFolder();
  cpSync(kept.backup, to, { recursive: true });
  return to;
}

/** Every file and folder below one, with the rights of others. */
function namesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
}

test('a backup that is made while tasks come and end has every picture of the tasks that have ended in it', async () => {
  const server = await startServer();
  const ids: string[] = [];
  const enough = Promise.withResolvers<void>();
  const load = new AbortController();
  async function submitOn(): Promise<void> {
    while (!load.signal.aborted) {
      const id = await server.submit({ prompt: 'a banana' });
      ids.push(id);
      await server.final(id);
      if (ids.length > 4) enough.resolve();
    }
  }
  const submits = Promise.all([submitOn(), submitOn()]);
  await enough.promise;
  const [to, directory] = [temporaryFolder(), join(temporaryFolder(), 'data')];
  const { manifest } = await backUp(server.directory, to);
  load.abort();
  await submits;
  await server.stop();
  await restore(to, directory);

  const restored = await startServer({}, { directory });
  const tasks: TaskData[] = [];
  for (const id of ids)
    if ((await restored.call(`${statusPath}/${id}`)).status === 200) tasks.push(await restored.final(id));
  expect(tasks.length).toBe(manifest.records?.tasks);
  // Submits went on meanwhile.
  expect(ids.length).toBeGreaterThan(tasks.length);
  for (const { state, data } of tasks) {
    expect(state).toBe('succeeded');
    for (const { url } of data?.images ?? []) expect((await fetch(url)).status).toBe(200);
  }
});

describe('a backup', () => {
  test('restores to what was there, readable by its owner only, without renditions', async () => {
    const { directory, task } = kept;
    const [to, again] = [join(temporaryFolder(), 'new', 'backup'), join(temporaryFolder(), 'new', 'data')];
    const { manifest, gone } = await backUp(directory, to);
    expect(manifest).toMatchObject({
      records: { tasks: 1, open_tasks: 1, keys: 0 },
      pictures: { count: 2, bytes: 28 },
      files: 5,
    });
    expect(gone).toBe(0);
    await restore(to, again);
    const names = [
      'link-secret',
      'link-secret.previous',
      'pictures/inputs/b.png',
      'pictures/results/ab/a.png',
    ];
    for (const name of names)
      expect(readFileSync(join(again, name))).toEqual(readFileSync(join(directory, name)));
    expect(namesIn(again).filter((name) => name.includes('rendition'))).toEqual([]);
    for (const place of [to, again])
      for (const name of ['', ...namesIn(place)]) {
        const found = statSync(join(place, name));
        expect([name, (found.mode & 0o777).toString(8)]).toEqual([
          name,
          found.isDirectory() ? '700' : name.startsWith('owner') ? expect.any(String) : '600',
        ]);
      }
    const store = open(again);
    expect(await store.find(task.id)).toMatchObject({ id: task.id, request: task.request });
    await store.close();
  });

  test('has no pictures where they are not wanted', async () => {
    const { directory } = kept;
    const [to, again] = [temporaryFolder(), temporaryFolder()];
    expect((await backUp(directory, to, { withoutPictures: true })).manifest).toMatchObject({
      pictures: null,
      files: 3,
    });
    await restore(to, again);
    expect(existsSync(join(again, 'pictures'))).toBe(false);
  });

  test('goes where no file is: not into a folder that has some, nor into what is backed up', async () => {
    const { directory } = kept;
    const filled = temporaryFolder();
    writeFileSync(join(filled, 'mine'), '');
    await expect(backUp(directory, filled)).rejects.toThrow('is not an empty folder');
    await expect(backUp(directory, join(directory, 'backup'))).rejects.toThrow('which is backed up');
    const link = join(temporaryFolder(), 'link');
    symlinkSync(directory, link);
    const within = join(directory, 'pictures', 'backup');
    await expect(backUp(link, within)).rejects.toThrow('which is backed up');
    await expect(backUp(temporaryFolder(), join(filled, 'new'))).rejects.toThrow('There is no database');
    expect(namesIn(filled)).toEqual(['mine']);
  });

  test('that is stopped leaves nothing', async () => {
    const { directory } = kept;
    const to = join(temporaryFolder(), 'backup');
    for (const when of ['onPages', 'onPictures'] as const) {
      const stop = new AbortController();
      const reason = new Error('stopped');
      const stopped = backUp(directory, to, { signal: stop.signal, [when]: () => stop.abort(reason) });
      await expect(stopped).rejects.toBe(reason);
      expect(existsSync(to)).toBe(false);
    }
  });

  test('whose disk takes no more says so of that disk, and leaves nothing', async () => {
    const { directory } = kept;
    const to = join(temporaryFolder(), 'backup');
    // As SQLite and Node tell it.
    for (const [when, fault, reason] of [
      ['onPages', { errcode: 13 }, 'its disk is full'],
      ['onPages', { code: 'ERR_SQLITE_ERROR', errcode: 778 }, 'its disk fails, or'],
      ['onPictures', { code: 'ENOSPC', syscall: 'write' }, 'its disk is full'],
      ['onPictures', { code: 'EDQUOT', syscall: 'write' }, 'this user’s share of its disk is used up'],
      ['onPictures', { code: 'EFBIG', syscall: 'write' }, 'a file of it is larger than'],
    ] as const) {
      const onFull = () => {
        throw Object.assign(new Error('full'), fault);
      };
      const failed = backUp(directory, to, { [when]: onFull });
      await expect(failed).rejects.toThrow(`${to} can’t take the backup: ${reason}`);
      expect(existsSync(to)).toBe(false);
    }
  });

  test('of a server on PostgreSQL has its pictures, and is restored with its settings', async () => {
    const { directory } = kept;
    const [to, again] = [temporaryFolder(), temporaryFolder()];
    const settings = { PLANTAIN_DATABASE_URL: 'postgres://a@b.example/c', PLANTAIN_SINGLE_NODE: 'true' };
    expect((await backUp(directory, to, { settings })).manifest).toMatchObject({ records: null, files: 2 });
    await expect(backUp(directory, temporaryFolder(), { settings, withoutPictures: true })).rejects.toThrow(
      'nothing',
    );
    await expect(restore(to, again)).rejects.toThrow('PLANTAIN_DATABASE_URL');
    const shared = temporaryFolder();
    await restore(to, again, {
      settings: { ...settings, PLANTAIN_PICTURE_STORE: 'shared', PLANTAIN_PICTURES_DIR: shared },
    });
    expect(namesIn(again)).toEqual([]);
    expect(namesIn(shared)).toEqual(['inputs', 'inputs/b.png', 'results', 'results/ab', 'results/ab/a.png']);
    await restore(to, again, { settings });
    expect(namesIn(again)).toContain('pictures/results/ab/a.png');
  });
});

describe('a restore', () => {
  const harm: Record<string, (backup: string) => void> = {
    'whose manifest is missing, as it was cut off': (backup) => rmSync(join(backup, 'backup.json')),
    'whose manifest is damaged': (backup) => truncateSync(join(backup, 'backup.json'), 40),
    'with a shorter picture': (backup) => truncateSync(join(backup, 'pictures/inputs/b.png'), 3),
    'with another database': (backup) => writeFileSync(join(backup, 'plantain.db'), 'x', { flag: 'a' }),
    'without one of its pictures': (backup) => rmSync(join(backup, 'pictures/results/ab/a.png')),
    'with another list': (backup) => writeFileSync(join(backup, 'files.sha256'), 'x', { flag: 'a' }),
  };

  test.each(Object.keys(harm))('of a backup %s is refused and leaves nothing', async (name) => {
    const [to, again] = [copyOfBackup(), join(temporaryFolder(), 'data')];
    harm[name]?.(to);
    await expect(restore(to, again)).rejects.toThrow(/no whole backup|can’t be read|The backup is damaged: /);
    expect(existsSync(again)).toBe(false);
  });

  test('of a newer version’s backup is refused', async () => {
    const [to, again] = [copyOfBackup(), temporaryFolder()];
    const file = join(to, 'backup.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"schema": \d+/, '"schema": 9999'));
    await expect(restore(to, again)).rejects.toThrow('made by a newer Plantain, "0.1.0" (schema 9999');
  });

  test('is refused where a server works, where something lies, and where pictures have no folder', async () => {
    const { directory, backup: to } = kept;
    const again = temporaryFolder();
    await expect(restore(to, directory)).rejects.toThrow('is not empty');
    const lock = lockDirectory(again);
    await expect(restore(to, again)).rejects.toThrow('is in use by another Plantain');
    lock.release();
    const bucket = { PLANTAIN_PICTURE_STORE: 's3', PLANTAIN_S3_BUCKET: 'pictures' };
    await expect(restore(to, again, { settings: bucket })).rejects.toThrow('--without-pictures');
    await restore(to, again, { settings: bucket, withoutPictures: true });
    expect(namesIn(again).filter((name) => !name.startsWith('owner'))).toEqual([
      'link-secret',
      'link-secret.previous',
      'plantain.db',
    ]);
  });

  test('that is stopped leaves nothing', async () => {
    const again = join(temporaryFolder(), 'data');
    const stop = new AbortController();
    const reason = new Error('stopped');
    const onFiles = () => stop.abort(reason);
    await expect(restore(kept.backup, again, { signal: stop.signal, onFiles })).rejects.toBe(reason);
    expect(existsSync(again)).toBe(false);
  });

  test('that was cut off keeps servers away, and begins anew', async () => {
    const { backup: to } = kept;
    const again = temporaryFolder();
    // While its files were moved to their places.
    mkdirSync(join(again, '.restoring'));
    mkdirSync(join(again, 'pictures', 'results'), { recursive: true });
    writeFileSync(join(again, 'link-secret'), 'half');
    const onPostgres = { PLANTAIN_DATABASE_URL: 'postgres://a@127.0.0.1:1/b', PLANTAIN_SINGLE_NODE: 'true' };
    for (const settings of [{}, onPostgres]) {
      const { config, sources } = parseConfig({ PLANTAIN_DATA_DIR: again, ...settings });
      const started = createPlantain(config, { emit: () => {}, sources, onDeath: () => {} });
      await expect(started).rejects.toThrow('A backup is being restored');
    }
    await restore(to, again);
    expect(namesIn(again)).toContain('plantain.db');
    expect(namesIn(again)).not.toContain('.restoring');
    expect(readFileSync(join(again, 'link-secret'))).toEqual(readFileSync(join(to, 'link-secret')));
  });
});

test('the commands say what they do, and how to go on', async () => {
  const said: string[] = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)));
  const progress = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => [spy, progress].forEach((each) => each.mockRestore()));
  const [to, again] = [join(temporaryFolder(), 'backup'), join(temporaryFolder(), 'data')];
  await backupCommand([to], { PLANTAIN_DATA_DIR: kept.directory });
  await restoreCommand([to], { PLANTAIN_DATA_DIR: again });
  const text = said.join('\n');
  expect(text).toContain('copied and checked, 1 tasks, 1 of which wait or run, 0 keys');
  expect(text).toContain(`"plantain-server restore ${to}" restores it. The settings are not in it`);
  expect(text).toContain('All 5 files are as they were written: 1 tasks, 0 keys, 2 pictures.');
  expect(text).toContain('they may be paid for twice');
  // As the command prints it, for a shell.
  const sql = /sqlite3 '[^']+' "([^"]+)"/.exec(text)?.[1] ?? '';
  const database = openForWriting(databaseFile(again));
  database.exec(sql);
  database.close();
  const store = open(again);
  const now = kept.task.createdAt + 2;
  const claimed = await store.claimPastDeadline({ now, claimMs: 1_000, limit: 10, by: now });
  expect(claimed.map(({ id }) => id)).toEqual([kept.task.id]);
  await store.close();
  const within = backupCommand([join(databaseFile(again), 'x')], { PLANTAIN_DATA_DIR: kept.directory });
  await expect(within).rejects.toThrow(
    'a part of the path is a file. Mend that, or choose another folder for',
  );
  await expect(backupCommand([], {})).rejects.toThrow(UsageError);
  await expect(restoreCommand(['a', 'b'], {})).rejects.toThrow(UsageError);
});
