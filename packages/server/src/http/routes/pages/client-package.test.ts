import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { Answers } from '../../answer.ts';
import { rawCall, startServer } from '../../server.fixture.ts';
import { clientPackageFace } from './client-package.ts';

const bytes = Buffer.from('\u001F\u008Ba package'.repeat(500), 'latin1');

function serve() {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-package-'));
  const file = join(directory, 'client.tgz');
  const app = fastify();
  clientPackageFace({ file, version: '1.2.3' })(app, {} as Answers);
  onTestFinished(async () => {
    await app.close();
    rmSync(directory, { recursive: true });
  });
  return { file, get: (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers }) };
}

test('the packed client comes as it is, with its length and a tag by which it is not sent twice', async () => {
  const { file, get } = serve();
  writeFileSync(file, bytes);
  const answer = await get('/client.tgz', { 'accept-encoding': 'gzip' });
  expect(answer).toMatchObject({ statusCode: 200 });
  expect(answer.rawPayload.equals(bytes)).toBe(true);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/gzip',
    'content-length': String(bytes.length),
    'content-disposition': 'attachment; filename="plantain-client-1.2.3.tgz"',
    'x-content-type-options': 'nosniff',
  });
  expect(answer.headers['content-encoding']).toBeUndefined();
  const again = await get('/client.tgz', { 'if-none-match': String(answer.headers['etag']) });
  expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' });
});

test('its integrity is that of the bytes that are sent, whatever becomes of the file', async () => {
  const { file, get } = serve();
  writeFileSync(file, bytes);
  await get('/client.tgz');
  writeFileSync(file, 'another version');
  expect((await get('/client.json')).json()).toEqual({
    name: '@plantain/client',
    version: '1.2.3',
    tarball: 'client.tgz',
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  });
});

test('a server to which none was built says how it is made, and has it from then on', async () => {
  const { file, get } = serve();
  for (const path of ['/client.tgz', '/client.json']) {
    const answer = await get(path);
    expect(answer.json()).toMatchObject({ message: expect.stringContaining('npm start') });
    expect(answer.headers['content-disposition']).toBeUndefined();
  }
  writeFileSync(file, bytes);
  expect((await get('/client.tgz')).statusCode).toBe(200);
});

test('nobody needs a key for it', async () => {
  const server = await startServer();
  const { status } = await rawCall(server.url, { target: '/client.tgz', method: 'HEAD' });
  expect([200, 404]).toContain(status);
});
