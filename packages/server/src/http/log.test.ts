import { expect, test } from 'vitest';
import { adminKey, editPath, startServer, statusPath } from './server.fixture.ts';

const prompt = 'a very private prompt';
const base64 = Buffer.alloc(300, 'planted').toString('base64');
const otherKey = 'AIzaSyPLANTEDplantedPLANTED';

test('no line of the log holds a key, a prompt or a picture, whatever fails and whoever quotes it', async () => {
  const upstream = {
    name: 'broken',
    start: () => Promise.reject(new Error(`inner fault near ${prompt} ${otherKey} ${adminKey} ${base64}`)),
  };
  const server = await startServer({ MAX_TRIES: '1' }, { upstream });
  const refused: [string, string][] = [
    [statusPath, `{"prompt":"${prompt}","x":${otherKey}`],
    [statusPath, JSON.stringify({ prompt, model: base64, seed: prompt, [otherKey]: 1 })],
    [editPath, JSON.stringify({ prompt, image_urls: [`data:image/png;base64,${base64}`] })],
  ];
  for (const [path, body] of refused) {
    const { status } = await server.call(path, { method: 'POST', body });
    expect(status).toBeOneOf([400, 422]);
  }
  await server.call(`/files/${prompt}/${otherKey}?token=${base64}`);
  const task = await server.final(await server.submit({ prompt }));
  expect(task.error).toMatchObject({ type: 'internal' });
  const fault = server.log.find(({ event }) => event === 'task_fault');
  expect(fault?.fields).toMatchObject({
    task: task.task_id,
    error: expect.stringMatching(/inner fault near .*log\.test/),
  });
  const everything = JSON.stringify(server.log) + JSON.stringify(task);
  for (const secret of [prompt, base64.slice(0, 100), otherKey, adminKey])
    expect(everything).not.toContain(secret);
});
