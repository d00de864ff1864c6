import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { api, submitted } from './calls.ts';
import { isMissing } from './needed-tool.fixture.ts';
import { bin } from './launch-server.ts';
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

test('a command whose reader has read enough ends without a word', async () => {
  const env = { ...process.env, PLANTAIN_DATA_DIR: temporaryDirectory() };
  const child = spawn(process.execPath, [bin, 'doctor'], { stdio: ['ignore', 'pipe', 'pipe'], env });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (words: Buffer) => (said += words.toString()));
  expect([await new Promise((resolve) => child.once('close', resolve)), said]).toEqual([0, '']);
});

/** Code that sends SIGHUP to a process whose modules are not loaded yet, by the first call of `main`. */
const earlySignal = `const { umask } = process;
process.umask = (mask) => {
  process.umask = umask;
  process.kill(process.pid, 'SIGHUP');
  return umask(mask);
};`;

test('SIGHUP, which a rotation of logs sends to a service, stops nothing, not even a start, and is noted', async () => {
  const early = join(temporaryDirectory(), 'early.mjs');
  writeFileSync(early, earlySignal);
  const settings = { PLANTAIN_ADMIN_KEY: key, NODE_OPTIONS: `--import=${early}` };
  const server = await startServer(temporaryDirectory(), settings);
  const client = api(server.url, key);
  const id = await submitted(client, { prompt: '[[delay 500ms]]' });
  await client.until(id, ({ state }) => state === 'running');
  for (let sent = 1; sent <= 2; sent += 1) {
    server.child.kill('SIGHUP');
    while (server.stderr().split('"hangup_ignored"').length <= sent) await client.task(id);
  }
  expect((await client.final(id)).state).toBe('succeeded');
  expect(await server.end('SIGTERM')).toBe(0);
});

test.skipIf(isMissing('script'))(
  'a terminal that is closed stops its server in good order, and a SIGHUP while it is there does not',
  async () => {
    const directory = temporaryDirectory();
    const settings = { PLANTAIN_PORT: '0', PLANTAIN_DATA_DIR: directory, PLANTAIN_ADMIN_KEY: key };
    // Holds the terminal: when it ends, that is closed.
    const holder = spawn('script', ['-qec', `exec '${process.execPath}' '${bin}'`, '/dev/null'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    const url = await new Promise<string>((resolve) => {
      holder.stdout.on('data', (chunk) => {
        printed += chunk;
        const match = /listening on (\S+)[^]*ask for it/.exec(printed)?.[1];
        if (match !== undefined) resolve(match);
      });
    });
    // Only a terminal is given it.
    expect(printed).toContain(`${url}/#sign-in=`);
    const id = await submitted(api(url, key), { prompt: '[[delay 500ms]]' });
    await api(url, key).until(id, ({ state }) => state === 'running');
    process.kill(Number(readFileSync(join(directory, 'owner.pid'), 'utf8').trim()), 'SIGHUP');
    await vi.waitUntil(() => printed.includes('hangup_ignored'), { timeout: 20_000 });
    expect(printed).toMatch(/INFO\S*: \S*hangup_ignored/);
    holder.kill('SIGKILL');
    await vi.waitUntil(() => !existsSync(join(directory, 'owner.pid')), { timeout: 20_000 });
    const next = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
    expect(next.stdout()).not.toContain('rescued');
    expect((await api(next.url, key).task(id)).state).toBe('succeeded');
  },
);
