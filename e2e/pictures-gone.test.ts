import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);

const serverOfAll = serverForAll({ PLANTAIN_ADMIN_KEY: key });

/** Submits a task; `said` is what the server has written to its log since. */
async function runningTask(body: object) {
  const { url, directory, stderr } = serverOfAll();
  const before = stderr().length;
  const client = api(url, key);
  const id = await submitted(client, body);
  await client.until(id, ({ state }) => state === 'running');
  return { pictures: join(directory, 'pictures'), said: () => stderr().slice(before), client, id };
}

test.each(['.', 'tmp', 'results'])(
  'a task succeeds whose folder of pictures is removed while it runs: pictures/%s',
  async (gone) => {
    const { pictures, said, client, id } = await runningTask({ prompt: '[[delay 300ms]]' });
    rmSync(join(pictures, gone), { recursive: true, force: true });
    const task = await client.final(id);
    expect(task.state).toBe('succeeded');
    expect((await fetch(task.data.images[0]?.url ?? '')).status).toBe(200);
    expect(said()).not.toContain('task_fault');
  },
);

test('a task ends with the reason, and the log stays short, where its folder of pictures can’t be made again', async () => {
  const { pictures, said, client, id } = await runningTask({
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
  const faults = said()
    .split('\n')
    .filter((line) => line.includes('task_fault'));
  expect(faults).toHaveLength(1);
  rmSync(pictures);
  expect((await client.final(await submitted(client, { prompt: 'x' }))).state).toBe('succeeded');
});

test('a link to a picture whose file is gone is refused by name, in a submit and in a batch', async () => {
  const { pictures, said, client, id } = await runningTask({ prompt: '[[delay 100ms]]' });
  const link = (await client.final(id)).data.images[0]?.url;
  rmSync(pictures, { recursive: true });
  const edit = { prompt: 'x', image_urls: [link] };
  for (const [path, body] of [
    ['/api/gemini/nano-banana-edit', edit],
    ['/v1/images/generations?async=true', edit],
    ['/api/gemini/nano-banana/batch', { tasks: [edit] }],
  ] as const) {
    const answer = await client.submit(body, path);
    expect([answer.status, answer.body.error?.type]).toEqual([422, 'input_unreachable']);
    expect(answer.body.msg).toContain('the picture was deleted');
  }
  expect(said()).not.toContain('request_failed');
});
