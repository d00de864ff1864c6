import { mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Envelope, MeData, OwnersData } from '@plantain/client';
import { expect, test } from 'vitest';
import { hashSecret } from '../../core/keys/keys.ts';
import { startServer, statusPath, temporaryDirectory } from '../../http/server.fixture.ts';
import { newTaskId } from '../../lib/ids.ts';
import { databaseFile } from './database-file.ts';
import { migrations } from './migrations.ts';
import { owners } from './migrations/owners.ts';

const secret = 'plantain_key_of_a_user_from_before_owners';

/** Data directory of the version before owners, with a user's key that has a task. */
function directoryOfBefore(taskId: string): string {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  const before = migrations.indexOf(owners);
  const database = new DatabaseSync(databaseFile(directory));
  for (const step of migrations.slice(0, before)) database.exec(step);
  // The mark of a database of ours.
  database.exec(`PRAGMA application_id = 1886154356; PRAGMA user_version = ${before}`);
  const key = database.prepare(
    `INSERT INTO api_keys (id, hash, name, role, hint, created_at) VALUES ('key_old', ?, 'the shop', 'user', 'plantain_key', 1)`,
  );
  key.run(hashSecret(secret));
  const [now, far] = [Date.now(), Date.now() + 3_600_000];
  const task = database.prepare(
    `INSERT INTO tasks (id, key_id, state, action, model, created_at, updated_at, due_at, deadline_at, request)
     VALUES (?, 'key_old', 'pending', 'generate', 'nano-banana', ?, ?, ?, ?, '{"prompt":"a","inputs":[],"aspectRatio":"auto","imageSize":"1K"}')`,
  );
  task.run(taskId, now, now, now, far);
  database.close();
  return directory;
}

test('a user’s key from before owners is an owner of its own, unlimited, and its tasks go on', async () => {
  const taskId = newTaskId();
  const server = await startServer({}, { directory: directoryOfBefore(taskId) });
  const { data } = (await server.call<Envelope<MeData>>('/api/me', { key: secret })).body;
  expect(data).toMatchObject({ key_id: 'key_old', name: 'the shop', role: 'user', owner: null });
  expect(data).toMatchObject({ scopes: ['tasks', 'files', 'webhooks', 'read'], models: null });
  expect(data).toMatchObject({ limits: {}, used: {}, budget: null });
  const { owners: listed } = (await server.call<Envelope<OwnersData>>('/api/admin/owners')).body.data;
  expect(listed).toEqual([]);
  const sent = await server.call<Envelope<{ task_id: string }>>(statusPath, {
    method: 'POST',
    key: secret,
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"another"}',
  });
  expect(sent.status, sent.text).toBe(200);
  expect([...sent.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  for (const id of [taskId, sent.body.data.task_id])
    await expect.poll(async () => (await server.task(id, secret)).state).toBe('succeeded');
  // Inputs go when they did before.
  const database = new DatabaseSync(databaseFile(server.directory), { readOnly: true });
  expect(database.prepare('SELECT input_lifetime FROM installation').get()).toEqual({
    input_lifetime: 'needed',
  });
  database.close();
});
