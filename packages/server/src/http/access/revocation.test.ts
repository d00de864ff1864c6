import { beforeAll, expect, test } from 'vitest';
import { openTestKeys } from '../../store/test-store.fixture.ts';
import { refusalOf, startServer, statusPath, type TestServer } from '../server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

/** Revokes a key as another server does: in the store alone. */
async function revokeElsewhere(name: string): Promise<void> {
  const keys = await openTestKeys(server.directory);
  const key = (await keys.listKeys()).find((each) => each.name === name);
  await keys.revokeKey(key?.id ?? '', Date.now());
  await keys.close();
}

async function hangingTaskOf(key: string): Promise<string> {
  const answer = await server.call<{ data: { task_id: string } }>(statusPath, {
    method: 'POST',
    key,
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"[[hang]]"}',
  });
  return answer.body.data.task_id;
}

test('a key that is revoked elsewhere has its long polls refused and its streams ended, and others go on', async () => {
  const [gone, stays] = [await server.newKey('plantain_gone_1'), await server.newKey('plantain_stays_1')];
  const [id, other] = [await hangingTaskOf(gone), await hangingTaskOf(stays)];
  const stop = new AbortController();
  const follow = (key: string, path: string) =>
    fetch(`${server.url}${statusPath}${path}`, { headers: { authorization: key }, signal: stop.signal });
  const poll = server.call(`${statusPath}/${id}?wait=50&until=final`, { key: gone });
  const ended = [await follow(gone, `/${id}/events`), await follow(gone, '/events')];
  const open = await follow(stays, `/${other}/events`);
  await revokeElsewhere(gone);
  refusalOf(await poll, 401);
  for (const stream of ended) await stream.text();
  const reader = open.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  stop.abort();
});

test('a task of a revoked key goes on, and the links to its pictures work', async () => {
  const gone = await server.newKey('plantain_gone_2');
  const answer = await server.call<{ data: { task_id: string; events_url: string } }>(statusPath, {
    method: 'POST',
    key: gone,
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"a banana [[delay 300ms]]"}',
  });
  await revokeElsewhere(gone);
  const { pathname, search } = new URL(answer.body.data.events_url);
  const events = await server.call(pathname + search, { key: null });
  expect(events.text).toContain('"state":"succeeded"');
  const [, link = ''] = /"url":"([^"]+)"/.exec(events.text) ?? [];
  const { pathname: path, search: signature } = new URL(link);
  expect((await server.call(path + signature, { key: null })).status).toBe(200);
});
