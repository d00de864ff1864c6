import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { Answers } from '../../answer.ts';
import { createServe } from '../../route/serve.ts';
import { consoleFace } from './console.ts';

const script = `console.log(${JSON.stringify('x'.repeat(5_000))});`;

/** A server of a build with these files. */
function serve(files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-console-'));
  mkdirSync(join(directory, 'assets'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const app = fastify();
  const pictureOrigins = () => ['https://pictures.example'];
  const answers = {
    success: (_request, reply, dataText) => reply.type('application/json').send(dataText),
  } as Partial<Answers> as Answers;
  const routes = createServe({} as Parameters<typeof createServe>[0]);
  consoleFace({ serve: routes, directory, pictureOrigins, version: '1.2.3', publicPath: () => '/pictures' })(
    app,
    answers,
  );
  onTestFinished(async () => {
    await app.close();
    rmSync(directory, { recursive: true });
  });
  return (url: string, headers: Record<string, string> = { accept: 'text/html,*/*;q=0.8' }) =>
    app.inject({ url, headers });
}
const build = { 'index.html': '<!doctype html>', 'assets/index-abc.js': script, 'built-from.txt': 'hash' };

test('the page comes with a policy that lets nothing in but its own files and the pictures', async () => {
  const answer = await serve(build)('/');
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; ");
  expect(policy).toContain("img-src 'self' blob: data: https://pictures.example;");
  expect(policy).toContain("connect-src 'self' https://pictures.example;");
  expect(policy).not.toContain('unsafe');
  expect(answer.headers['cache-control']).toBe('no-cache');
});

test('its files come packed to who takes them packed, and are never asked for again', async () => {
  const get = serve(build);
  const packed = await get('/assets/index-abc.js', { 'accept-encoding': 'br, gzip' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(gunzipSync(packed.rawPayload).toString()).toBe(script);
  const plain = await get('/assets/index-abc.js');
  expect([plain.headers['content-encoding'], plain.body]).toEqual([undefined, script]);
  const etag = String(plain.headers['etag']);
  expect((await get('/assets/index-abc.js', { 'if-none-match': etag })).statusCode).toBe(304);
});

test('only files of a page are served', async () => {
  const get = serve(build);
  for (const path of ['/built-from.txt', '/index.html', '/assets/', '/assets/..%2fbuilt-from.txt'])
    expect((await get(path)).statusCode, path).toBe(404);
});

test('without a build, a person is sent to the reference', async () => {
  const answer = await serve({})('/');
  expect([answer.statusCode, answer.headers['location']]).toEqual([302, 'docs']);
});

test.each([
  undefined,
  '',
  '*/*',
  'application/json',
  'application/json, text/plain, */*',
  'text/html;q=0, */*',
])(
  'a program that accepts %j is told where the API is described, with a build and without',
  async (accept) => {
    for (const files of [build, {}]) {
      const answer = await serve(files)('/', accept === undefined ? {} : { accept });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toEqual({
        name: 'Plantain',
        version: '1.2.3',
        docs: '/pictures/docs',
        openapi: '/pictures/openapi.json',
      });
      expect(answer.headers['vary']).toBe('Accept');
    }
  },
);

test.each([
  'text/html',
  'TEXT/HTML; q=0.5',
  'application/xhtml+xml,text/html;q=0.9,*/*;q=0.8',
  'text/*',
  'image/avif, text/html',
])('whoever accepts %j gets the page', async (accept) => {
  const answer = await serve(build)('/', { accept });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['vary']).toBe('Accept, Accept-Encoding');
  expect((await serve({})('/', { accept })).statusCode).toBe(302);
});
