import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { createDiskPictureStore } from '../../../pictures/stores/disk.ts';
import { openTestStore } from '../../../store/test-store.fixture.ts';
import { temporaryDirectory } from '../../server.fixture.ts';
import { deletePieces, receivedBytes, storePiece, type UploadSession } from './upload-session.ts';

const session: UploadSession = {
  id: '01990000-0000-7000-8000-000000000001',
  keyId: 'key_a',
  size: 100,
  isRequests: false,
};
const key = `uploads/pieces/${session.id}/0`;
const now = Date.now();

function setUp() {
  const directory = temporaryDirectory();
  const store = openTestStore({ directory, changes: createLocalChanges() });
  onTestFinished(() => store.close());
  const pictures = createDiskPictureStore({ directory: `${directory}/pictures` });
  const put = (bytes: string, at: Partial<typeof pictures> = {}) =>
    storePiece({ store, pictures: { ...pictures, ...at } }, session, {
      offset: 0,
      bytes: Buffer.from(bytes),
      createdAt: now,
      expiresAt: now + 60_000,
    });
  const counted = () => store.storedBytes({ kind: 'key', id: 'key_a' }, now);
  return { store, pictures, put, counted };
}

test('of two pieces at one place the first stays, and is what counts', async () => {
  const { store, pictures, put, counted } = setUp();
  expect([await put('first'), await put('the second'), await put('again')]).toEqual([5, null, 0]);
  expect((await buffer(pictures.read(key))).toString()).toBe('first');
  expect([await receivedBytes(pictures, session), await counted()]).toEqual([5, 5]);
  const both = await Promise.all([1, 2].map(() => deletePieces({ store, pictures }, session)));
  expect(both.reduce((sum, bytes) => sum + bytes)).toBe(5);
});

test('a piece whose bytes a server could not store is stored by its repeat', async () => {
  const { pictures, put, counted } = setUp();
  const failing = { put: () => Promise.reject(new Error('full')) };
  await expect(put('first', failing)).rejects.toThrow('full');
  expect(await counted()).toBe(0);
  expect(await put('first')).toBe(5);
  await pictures.delete(key);
  expect([await put('first'), await counted(), await receivedBytes(pictures, session)]).toEqual([0, 5, 5]);
});
