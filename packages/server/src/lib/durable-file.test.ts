import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDurableFiles } from './durable-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-durable-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const bytes = Buffer.from('0123456789');

/** Files below `directory/root`, and the folders that were synced since the last look, as paths from `directory`. */
function open(syncing: (folder: string) => Promise<void> = async () => undefined) {
  let synced: string[] = [];
  const files = createDurableFiles(path.join(directory, 'root'), {
    async syncFolder(folder) {
      // A name can be synced only where the file is there already.
      expect((await stat(folder)).isDirectory()).toBe(true);
      await syncing(folder);
      synced.push(path.relative(directory, folder));
    },
  });
  let written = 0;
  return {
    async write(target: string) {
      written += 1;
      await files.write(
        path.join(directory, 'root', target),
        bytes,
        path.join(directory, 'root', 'tmp', `${written}`),
      );
    },
    takeSynced() {
      const taken = synced;
      synced = [];
      return taken;
    },
  };
}

test('the first file of a folder syncs every folder above it, up to where folders were there before', async () => {
  const { write, takeSynced } = open();
  await write('a/b/one');
  expect(await readFile(path.join(directory, 'root/a/b/one'))).toEqual(bytes);
  expect(takeSynced()).toEqual(['root/a/b', 'root/a', 'root', '']);
});

test('later files sync the folder that they lie in, and what is new above it', async () => {
  const { write, takeSynced } = open();
  await write('a/b/one');
  takeSynced();
  await write('a/b/two');
  expect(takeSynced()).toEqual(['root/a/b']);
  await write('a/c/three');
  expect(takeSynced()).toEqual(['root/a/c', 'root/a']);
});

test('folders that another process made are synced once', async () => {
  await open().write('a/b/one');
  const { write, takeSynced } = open();
  await write('a/b/two');
  expect(takeSynced()).toEqual(['root/a/b', 'root/a', 'root']);
});

test.each([
  ['root/a/b', ['root/a/b', 'root/a']],
  ['root/a', ['root/a/b', 'root/a', 'root']],
  ['root', ['root/a/b', 'root/a', 'root', '']],
])('a folder that was removed and made again is synced again: %s', async (gone, expected) => {
  const { write, takeSynced } = open();
  await write('a/b/one');
  takeSynced();
  await rm(path.join(directory, gone), { recursive: true });
  await write('a/b/two');
  expect(takeSynced()).toEqual(expected);
});

test('a sync that began before a folder was made again says nothing of the new one', async () => {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  let first = true;
  const { write, takeSynced } = open(async (folder) => {
    if (!first || path.basename(folder) !== 'a') return;
    first = false;
    reached.resolve();
    await held.promise;
  });
  const slow = write('a/b/one');
  await reached.promise;
  await rm(path.join(directory, 'root/a'), { recursive: true });
  await write('a/b/two');
  held.resolve();
  await slow;
  takeSynced();
  await write('a/b/three');
  expect(takeSynced()).toEqual(['root/a/b']);
  await rm(path.join(directory, 'root/a/b'), { recursive: true });
  await write('a/b/four');
  expect(takeSynced()).toEqual(['root/a/b', 'root/a']);
});

test('a write whose folder’s name waits for another’s sync does that itself', async () => {
  const held = Promise.withResolvers<void>();
  let first = true;
  const { write, takeSynced } = open(async () => {
    if (!first) return;
    first = false;
    await held.promise;
  });
  const slow = write('a/b/one');
  await expect.poll(() => first).toBe(false);
  await write('a/b/two');
  expect(takeSynced()).toEqual(['root/a/b', 'root/a', 'root', '']);
  held.resolve();
  await slow;
});
