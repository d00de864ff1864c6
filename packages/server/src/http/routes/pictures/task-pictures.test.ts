import { hash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { startServer, statusPath } from '../../server.fixture.ts';

const server = await startServer();
const id = await server.submit({ prompt: 'three bananas [[images 3]]' });
const made = await server.final(id);
const path = `${statusPath}/${id}/images`;
const key = { authorization: 'plantain_test_key_of_the_administrator' };

test('a picture has a path that stays the same, for whoever holds the key', async () => {
  for (const [index, details] of (made.image_details ?? []).entries()) {
    const answer = await fetch(`${server.url}${path}/${index + 1}`, { headers: key });
    expect(answer.headers.get('content-type')).toBe(details.content_type);
    expect((await answer.arrayBuffer()).byteLength).toBe(details.bytes);
    expect(answer.headers.get('etag')).toBe(`"${details.sha256}"`);
  }
  const part = await fetch(`${server.url}${path}/1`, { headers: { ...key, range: 'bytes=0-3' } });
  expect([part.status, Buffer.from(await part.arrayBuffer()).toString('latin1')]).toEqual([206, '\x89PNG']);
});

test.each([
  ['a number that there is none of', `${path}/4`, 404],
  ['no number', `${path}/first`, 404],
  ['zero', `${path}/0`, 404],
  ['a task that never was', `${statusPath}/019aa000-0000-7000-8000-000000000001/images/1`, 404],
])('%s is not found, in an envelope', async (_, wrong, status) => {
  const answer = await server.call<{ code: number }>(wrong);
  expect([answer.status, answer.body.code]).toEqual([status, status]);
});

test('another key sees neither a picture nor the ZIP, and no key none at all', async () => {
  const other = await server.newKey('another-key-of-the-same-server-altogether');
  for (const each of [`${path}/1`, `${path}.zip`]) {
    expect((await server.call(each, { key: other })).status).toBe(404);
    expect((await server.call(each, { key: null })).status).toBe(401);
  }
});

test('a task without pictures says in which state it is', async () => {
  const failed = await server.submit({ prompt: '[[fail content_rejected]]' });
  await server.final(failed);
  const answer = await server.call<{ msg: string }>(`${statusPath}/${failed}/images.zip`);
  expect([answer.status, answer.body.msg]).toEqual([404, 'This task has no pictures: its state is error.']);
});

test('all pictures come in a ZIP that an ordinary reader opens, with its length known beforehand', async () => {
  const answer = await fetch(`${server.url}${path}.zip`, { headers: key });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(answer.headers.get('content-length')).toBe(String(bytes.length));
  const files = Object.entries(unzipSync(bytes)).map(([name, content]) => [name, hash('sha256', content)]);
  expect(files).toEqual(
    made.data.images.map(({ file_name }, index) => [file_name, made.image_details?.[index]?.sha256]),
  );
});
