import sharp from 'sharp';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { PictureStore } from '../../core/pictures/picture-store.ts';
import type { StoredPicture } from '../../core/tasks/task.ts';
import { createDecodeGate, type DecodeGate } from '../../pictures/decoding.ts';
import { createDiskPictureStore } from '../../pictures/stores/disk.ts';
import { createInspector } from '../../pictures/inspect.ts';
import { createRenditions } from '../../pictures/renditions.ts';
import { createApp } from '../app.ts';
import type { Locks } from '../access/access.ts';
import type { BodyReader } from '../body/read-body.ts';
import { createServe } from '../route/serve.ts';
import { filesFace } from '../routes/pictures/files.ts';
import type { FindLinked } from '../views/linked-pictures.ts';
import { temporaryDirectory } from '../server.fixture.ts';

const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();
const picture: StoredPicture = {
  ...(await createInspector({ maxBytes: 1e6, maxPixels: 1e6 })(bytes)),
  key: 'results/aa/picture.png',
  fileName: 'output.png',
};
const directory = temporaryDirectory();
const disk = createDiskPictureStore({ directory });
beforeEach(() => disk.put(picture.key, bytes));

const clock = { now: () => 0 };
const locks = { verifyLink: () => 'valid', clock } as Partial<Locks> as Locks;
const apps: ReturnType<typeof createApp>[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

/** The face alone, over a store and a gate of the test's own making. */
function serve(
  change: Partial<PictureStore> = {},
  gate: DecodeGate = createDecodeGate(),
  find: FindLinked = async () => picture,
) {
  const pictures = { ...disk, ...change };
  const faults: unknown[] = [];
  const app = createApp({
    statusFastPath: () => false,
    callerAddress: () => '"127.0.0.1"',
    emit: (_event, fields) => void faults.push(fields),
    faces: [
      filesFace({
        serve: createServe({ locks, bodies: {} as BodyReader, clock, callerAddress: () => '""' }),
        find,
        pictures,
        render: createRenditions({ store: pictures, gate, maxWaiting: 1 }),
        redirect: true,
        clock,
      }),
    ],
  });
  apps.push(app);
  return { faults, get: (query = '', id = 'id') => app.inject(`/files/${id}/output.png?e=9${query}`) };
}

test('who asks for one rendition too many is told when to come again', async () => {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const gate: DecodeGate = {
    run: async (_, work) => {
      begun.resolve();
      await held.promise;
      return work();
    },
  };
  const { get } = serve({}, gate);
  const first = get('&w=10');
  await begun.promise;
  const refused = await get('&w=20');
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '10']);
  expect(refused.json()).toMatchObject({ code: 503, error: { type: 'overloaded' } });
  held.resolve();
  expect((await first).statusCode).toBe(200);
});

test('who holds a link of one key takes no place from another', async () => {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const owners: (string | undefined)[] = [];
  const gate: DecodeGate = {
    run: async ({ owner }, work) => {
      owners.push(owner);
      if (owners.length === 2) begun.resolve();
      await held.promise;
      return work();
    },
  };
  const { get } = serve({}, gate, async (keyId) => ({ ...picture, keyId }));
  const waiting = [get('&w=11', 'one'), get('&w=12', 'other')];
  await begun.promise;
  expect(new Set(owners)).toEqual(new Set(['one', 'other']));
  expect((await get('&w=13', 'one')).statusCode).toBe(503);
  held.resolve();
  for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200);
});

test('a picture that goes before its rendition is made is not there, and no fault', async () => {
  const gate: DecodeGate = {
    run: async (_, work) => {
      await disk.delete(picture.key);
      return work();
    },
  };
  const { get, faults } = serve({}, gate);
  const answer = await get('&w=13');
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ error: { type: 'not_found' } });
  expect(faults).toEqual([]);
});

test.each(['', '&w=11'])(
  'a file (%j) that goes before it is read is not there, and no fault',
  async (query) => {
    const seen = new Set<string>();
    const { get, faults } = serve({
      // The picture that the rendition is made from has to be there.
      read: (key, range) => disk.read(query === '' || key !== picture.key ? `${key}-gone` : key, range),
      async size(key) {
        if (seen.has(key)) return null;
        seen.add(key);
        return await disk.size(key);
      },
    });
    const answer = await get(query);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-length']).toBe(String(answer.payload.length));
    expect(answer.headers).not.toHaveProperty('cache-control');
    expect(faults).toEqual([]);
  },
);

test('a rendition says that it lost the manifest of its original, whenever it is asked for', async () => {
  const header = 'x-plantain-c2pa-manifest';
  const signed = serve({}, createDecodeGate(), async () => ({ ...picture, c2pa: true }));
  for (const query of ['&w=21', '&w=21', '&w=22&format=webp'])
    expect((await signed.get(query)).headers[header], query).toBe('lost');
  for (const query of ['', '&w=4096']) expect((await signed.get(query)).headers).not.toHaveProperty(header);
  expect((await serve().get('&w=21')).headers).not.toHaveProperty(header);
});

test('a store that fails otherwise is a fault of the server', async () => {
  const { get, faults } = serve({
    read: (key) => disk.read(key).destroy(new Error('the disk is broken')),
  });
  expect((await get()).statusCode).toBe(500);
  expect(faults).toHaveLength(1);
});

test('a link of the store’s own leads to a picture, never to a rendition, which may soon be gone', async () => {
  const { get } = serve({ linkTo: async (key) => `https://bucket.example.com/${key}` });
  const original = await get();
  expect([original.statusCode, original.headers.location]).toEqual([
    302,
    'https://bucket.example.com/results/aa/picture.png',
  ]);
  const rendition = await get('&w=12');
  expect([rendition.statusCode, rendition.headers['content-type']]).toEqual([200, 'image/png']);
});
