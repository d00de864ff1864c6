import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const key = 'k'.repeat(40);

/** `npm start` in a process group of its own, once it has greeted. */
async function startedByNpm() {
  const directory = temporaryDirectory();
  const settings = {
    PLANTAIN_PORT: '0',
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_SANDBOX_DURATION_MS: '1000',
  };
  const npm = spawn('npm', ['start'], { cwd: root, env: { ...process.env, ...settings }, detached: true });
  onTestFinished(() => {
    try {
      // The whole group, in case the server has outlived npm.
      process.kill(-(npm.pid ?? 0), 'SIGKILL');
    } catch {
      // Nothing of it is left, as it should be.
    }
  });
  let printed = '';
  const url = await new Promise<string>((resolve) => {
    npm.stdout.on('data', (chunk) => {
      printed += chunk;
      const match = /listening on (\S+)[^]*ask for it/.exec(printed)?.[1];
      if (match !== undefined) resolve(match);
    });
  });
  return { npm, directory, client: api(url, key), printed: () => printed };
}

// SIGHUP is one that npm does not hand on.
test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s sent to npm itself, as a container or a service manager does, stops the server in good order',
  async (signal) => {
    const { npm, directory, client, printed } = await startedByNpm();
    const closed = once(npm, 'close');
    const id = await submitted(client, { prompt: 'a banana' });
    await client.until(id, ({ state }) => state === 'running');

    npm.kill(signal);
    await closed;
    expect(printed()).toContain('Stopping: running tasks have');
    // It held the directory until its task was done.
    const next = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
    expect((await api(next.url, key).task(id)).state).toBe('succeeded');
  },
);

test('without a terminal of its own, as under nohup, the server outlives a hang-up that ends npm', async () => {
  const { npm, client, printed } = await startedByNpm();
  const exited = once(npm, 'exit');
  process.kill(-(npm.pid ?? 0), 'SIGHUP');
  await exited;
  // Longer than it takes to notice that npm is gone; a server that stops takes no task after this one.
  const id = await submitted(client, { prompt: '[[delay 1s]]' });
  expect((await client.final(id)).state).toBe('succeeded');
  await submitted(client, { prompt: 'x' });
  expect(printed()).not.toContain('Stopping');
});
