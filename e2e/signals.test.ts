import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { endless, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);

test('SIGTERM lets running tasks finish while submits are refused and status queries go on', async () => {
  const directory = temporaryDirectory();
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key, PLANTAIN_CONCURRENCY: '1' });
  const client = api(server.url, key);
  const running = await submitted(client, { prompt: '[[delay 1500ms]] runs' });
  const waiting = await submitted(client, { prompt: 'waits' });
  await client.until(running, ({ state }) => state === 'running');

  server.child.kill('SIGTERM');
  let refused = await client.submit({ prompt: 'late' });
  while (refused.status === 200) refused = await client.submit({ prompt: 'late' });
  expect(refused.status).toBe(503);
  expect(refused.body.error?.type).toBe('overloaded');
  expect((await client.task(running)).state).toBe('running');
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const closed = new Promise((resolve) => server.child.once('close', resolve));
  expect(await closed).toBe(0);

  const next = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  expect(next.stdout()).not.toContain('rescued');
  const again = api(next.url, key);
  expect(await again.task(running)).toMatchObject({ state: 'succeeded', attempts: [{ number: 1 }] });
  expect((await again.final(waiting)).state).toBe('succeeded');
});

test('a task that outlasts the grace is handed back, and the next server takes it up at once', async () => {
  const directory = temporaryDirectory();
  const settings = { PLANTAIN_ADMIN_KEY: key, PLANTAIN_SHUTDOWN_GRACE_SECONDS: '0' };
  const server = await startServer(directory, { ...settings, ...endless });
  const id = await submitted(api(server.url, key), { prompt: 'slow' });
  await api(server.url, key).until(id, ({ attempts }) => attempts.length === 1);
  expect(await server.end('SIGINT')).toBe(0);

  const next = api((await startServer(directory, settings)).url, key);
  const task = await next.final(id);
  expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['interrupted', 'succeeded']);
});

test('a second signal stops at once, and the running task is rescued at the next start', async () => {
  const directory = temporaryDirectory();
  const settings = { PLANTAIN_ADMIN_KEY: key, PLANTAIN_RETRY_BASE_MS: '10' };
  const server = await startServer(directory, { ...settings, ...endless });
  const id = await submitted(api(server.url, key), { prompt: 'slow' });
  await api(server.url, key).until(id, ({ attempts }) => attempts.length === 1);
  server.child.kill('SIGTERM');
  // A second signal within half a second counts as the first: npm and the terminal both pass one Ctrl-C on.
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(await server.end('SIGTERM')).toBe(1);
  expect(server.stderr()).toContain('Stopped at once');

  const next = await startServer(directory, settings);
  expect(next.stdout()).toMatch(/rescued\s+1 task/);
  const task = await api(next.url, key).final(id);
  expect(task.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'succeeded']);
});

test('one Ctrl-C that arrives twice, from the terminal and through npm, still lets a task finish', async () => {
  const directory = temporaryDirectory();
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const id = await submitted(api(server.url, key), { prompt: '[[delay 800ms]]' });
  await api(server.url, key).until(id, ({ state }) => state === 'running');
  server.child.kill('SIGINT');
  expect(await server.end('SIGINT')).toBe(0);
  const next = api((await startServer(directory, { PLANTAIN_ADMIN_KEY: key })).url, key);
  expect((await next.task(id)).state).toBe('succeeded');
});
