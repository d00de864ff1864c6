import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);

async function startedWithTask(body: object) {
  const directory = temporaryDirectory();
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const client = api(server.url, key);
  const id = await submitted(client, body);
  await client.until(id, ({ state }) => state === 'running');
  return { pictures: join(directory, 'pictures'), server, client, id };
}

test.each(['.', 'tmp', 'results'])(
  'a task succeeds whose folder of pictures is removed while it runs: pictures/%s',
  async (gone) => {
    const { pictures, server, client, id } = await startedWithTask({ prompt: '[[delay 300ms]]' });
    rmSync(join(pictures, gone), { recursive: true, force: true });
    const task = await client.final(id);
    expect(task.state).toBe('succeeded');
    expect((await fetch(task.data.images[0]?.url ?? '')).status).toBe(200);
    expect(server.stderr()).not.toContain('task_fault');
  },
);

test('a task ends with the reason, and the log stays short, where its folder of pictures can’t be made again', async () => {
  const { pictures, server, client, id } = await startedWithTask({
    prompt: '[[delay 100ms]]',
    deadline_seconds: 4,
  });
  rmSync(pictures, { recursive: true });
  writeFileSync(pictures, '');
  const task = await client.final(id);
  expect(task).toMatchObject({
    state: 'error',
    error: { type: 'internal', message: expect.stringContaining('folder of pictures can’t be written') },
    attempts: [{ outcome: 'succeeded', maybe_billed: true }],
  });
  const faults = server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('task_fault'));
  expect(faults).toHaveLength(1);
  rmSync(pictures);
  expect((await client.final(await submitted(client, { prompt: 'x' }))).state).toBe('succeeded');
});
