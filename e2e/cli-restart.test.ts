// `plantain wait` stays with its task while the server is stopped and started again.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startCli } from './cli-process.ts';
import { endless, startServer, temporaryDirectory } from './server-process.ts';

test('wait goes on across a stop and a start of the server, and gets the picture', async () => {
  const data = temporaryDirectory();
  const cwd = temporaryDirectory();
  const settings = { PLANTAIN_SHUTDOWN_GRACE_SECONDS: '0' };
  const first = await startServer(data, { ...settings, ...endless });
  const { port } = new URL(first.url);
  const environment = { PLANTAIN_URL: first.url, PLANTAIN_API_KEY: first.key ?? '' };
  const args = ['generate', 'slow', '--no-wait'];
  const id = (await startCli(args, { cwd, environment }).ended).stdout.trim();
  const { child, ended } = startCli(['wait', id, '-o', 'slow.png'], { cwd, environment });
  await once(child.stderr ?? child, 'data');
  await first.end('SIGTERM');
  expect(child.exitCode).toBeNull();
  await startServer(data, { ...settings, PLANTAIN_PORT: port });
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'slow.png\n' });
  expect(stderr).toMatch(/^Waiting for \S+\nSucceeded after \d+ s\.\n$/);
});
