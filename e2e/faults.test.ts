// A server that meets a fault: of its database, of the place that its log goes to, or of its own.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { damagePage } from '../packages/server/src/store/sqlite/damage.fixture.ts';
import { api, submitted } from './calls.ts';
import { runToEnd, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);
const stack = /^ +at /m;

/** A closed data directory with tasks that have ended; `ids[0]` lies on a page of its own. */
async function filledDirectory(): Promise<{ directory: string; ids: string[] }> {
  const directory = temporaryDirectory();
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const client = api(server.url, key);
  const ids: string[] = [];
  for (const end of ['', ' and on', ' and on and on'])
    ids.push(await submitted(client, { prompt: `[[fail no_image]] ${'x'.repeat(1_500)}${end}` }));
  for (const id of ids) await client.final(id);
  expect(await server.end('SIGTERM')).toBe(0);
  return { directory, ids };
}

test('a damaged page costs the requests that need it, is told once with what to do, and ends nothing', async () => {
  const { directory, ids } = await filledDirectory();
  const page = damagePage(join(directory, 'plantain.db'), [ids[0] ?? '', '"prompt"']);
  const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: key });
  const get = (path: string) => fetch(server.url + path, { headers: { authorization: key } });
  for (let time = 0; time < 3; time += 1)
    for (const id of ids) {
      const answer = await get(`/api/gemini/nano-banana/${id}`);
      expect(answer.status).toBe(page.includes(id) ? 500 : 200);
      expect(await answer.json()).toMatchObject({ code: answer.status });
    }
  expect(ids.filter((id) => page.includes(id))).not.toHaveLength(ids.length);
  expect((await get('/healthz')).status).toBe(200);
  const lines = server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"store_damaged"'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('plantain.db is damaged');
  expect(lines[0]).toContain('put a backup in its place');
  expect(server.stderr()).not.toMatch(stack);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('a start that needs a damaged page ends with one line', async () => {
  const { directory, ids } = await filledDirectory();
  // The newest: its time is asked for at each start.
  damagePage(join(directory, 'plantain.db'), [ids.at(-1) ?? '', '"prompt"']);
  const { code, stderr } = await runToEnd([], { PLANTAIN_PORT: '0', PLANTAIN_DATA_DIR: directory });
  expect(code).toBe(1);
  expect(stderr.trim().split('\n').at(-1)).toMatch(/^\S+plantain\.db is damaged, .* start it again\.$/);
  expect(stderr).not.toMatch(stack);
});

test.each([
  ['an exception that nobody caught', 'throw new Error("a fault of this test")'],
  ['a promise that nobody waited for', 'Promise.reject(new Error("a fault of this test"))'],
])('%s ends the process with one line in the log and one for people', async (_, fault) => {
  // Right after the last of the signal handlers is there.
  const preload = `process.on("newListener", (name) => name === "SIGHUP" && setTimeout(() => { ${fault} }, 1))`;
  const { code, stderr } = await runToEnd([], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
    PLANTAIN_PORT: '0',
    PLANTAIN_DATA_DIR: temporaryDirectory(),
  });
  expect(code).toBe(1);
  expect(stderr).not.toMatch(stack);
  const [logged = '', said = ''] = stderr.trim().split('\n').slice(-2);
  expect(JSON.parse(logged)).toMatchObject({ level: 60, msg: 'server_fault' });
  expect(logged).toContain('a fault of this test');
  expect(said).toMatch(/a fault of this test .*start it again\.$/);
});

test.runIf(process.platform === 'linux')('a log that can’t be written to ends nothing', async () => {
  const server = await startServer(temporaryDirectory(), { PLANTAIN_ADMIN_KEY: key }, [
    'sh',
    '-c',
    'exec "$0" "$@" 2>/dev/full',
  ]);
  const client = api(server.url, key);
  for (let time = 0; time < 3; time += 1)
    expect((await client.final(await submitted(client, { prompt: 'x' }))).state).toBe('succeeded');
  expect(await server.end('SIGTERM')).toBe(0);
});
