import { beforeAll, expect, test } from 'vitest';
import { editPath, startServer, statusPath, type TestServer } from './server.fixture.ts';

// Sentences that are put together of others end once: refusals of every call that takes something, and what failed tasks say.

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ FETCH_INPUTS: 'accept' });
});

const badPictures = [
  'data:',
  'data:,',
  'data:;base64,',
  'data:;base64,QUJD',
  'data:image/png;base64,*',
  'data:image/png;base64,QUJDR',
  `data:;base64,${'A'.repeat(8)}`,
  'ftp://a.example',
  'nonsense',
  'http://localhost/a.png',
  'http://a.localhost../a.png',
  'http://127.0.0.1/a.png',
  'http://[::1]:1/a.png',
  'http://user:word@a.example/a.png',
  `http://${'a'.repeat(300)}.example/`,
  'https://a.example:81/a.png',
  `https://a.example/${'a'.repeat(9_000)}`,
  `data:image/gif;base64,${Buffer.from('GIF89a!').toString('base64')}`,
  `data:text/html,<!doctype html><p>sign in`,
  `data:image/heic;base64,${Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heicmif1').toString('base64')}`,
  {},
  { url: {} },
  { b64_json: '*' },
  7,
];
const badMembers = [
  { prompt: '' },
  { prompt: 7 },
  { prompt: 'x'.repeat(40_000) },
  { model: 'none.' },
  { aspect_ratio: '7:1' },
  { image_size: 'huge.' },
  { size: 'huge.' },
  { seed: 'x' },
  { n: 4 },
  { metadata: { 'a b': 'x' } },
  { metadata: { a: 'x'.repeat(600) } },
  { metadata: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m${index}`, ''])) },
  { deadline_seconds: 0 },
  { expires_in_seconds: 1 },
  { callback_url: 'http://localhost/' },
  { callback_url: 'ftp://a.example', callback_events: ['no'] },
  { image_urls: Array.from({ length: 200 }, () => '') },
  { image_urls: Array.from({ length: 20 }, () => 'https://a.example') },
];
const json = (path: string, body: unknown, method = 'POST', more: Record<string, string> = {}) => ({
  path,
  call: {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...more },
  },
});
const none = '01a2056a-2a83-72c6-972a-2013e9fd9af3';
const requests = [
  ...badPictures.flatMap((picture) => [
    json(statusPath, { prompt: 'x', image_urls: [picture] }),
    json(editPath, { prompt: 'x', image: [picture, picture, picture, picture] }),
    json('/v1/images/generations', { prompt: 'x', images: picture }),
    json(`${statusPath}/batch`, { tasks: [{ prompt: 'x', image_url: picture }, { prompt: '' }] }),
    json('/api/files', { url: picture }),
    json('/api/files', picture),
  ]),
  ...badMembers.flatMap((members) => [
    json(statusPath, { prompt: 'x', ...members }),
    json(`${statusPath}/batch`, { tasks: [{ prompt: 'x' }], ...members }),
    json('/v1/images/generations', { prompt: 'x', ...members }),
    json('/api/webhooks', { url: 'https://a.example', ...members }),
  ]),
  ...['', '[]', '{', '{"a":}', '"', 'nul', '[['.repeat(50)].flatMap((body) => [
    json(statusPath, body),
    json('/api/files', body),
    json('/api/webhooks', body),
    json('/api/admin/keys', body),
  ]),
  json(statusPath, 'a', 'POST', { 'content-type': 'text/xml.' }),
  json(statusPath, 'a', 'POST', { 'content-type': 'multipart/form-data' }),
  json(statusPath, 'a', 'POST', { 'content-type': 'multipart/form-data; boundary=b.' }),
  json(statusPath, { prompt: 'x' }, 'POST', { 'content-encoding': 'gzip' }),
  json(statusPath, { prompt: 'x' }, 'POST', { 'idempotency-key': 'é.' }),
  json('/api/webhooks', { url: 'http://localhost', events: ['x.'] }),
  json('/api/webhooks', { url: 'x.', events: [], description: 7, enabled: 'x' }),
  json('/api/admin/keys', { name: '', role: 'x.', expires_in_days: 'x.' }),
  ...[
    `${statusPath}?state=x.&limit=0.&model=x.&cursor=x.&search=`,
    `${statusPath}?include=x.`,
    `${statusPath}?ids=`,
    `${statusPath}/${none}?wait=x.&until=x.`,
    `${statusPath}/${none}/images/1?w=x.&format=y.`,
    `${statusPath}/${none}/images/x.`,
    `${statusPath}/${none}`,
    `/v1/tasks/${none}`,
    '/nothing.',
    `/files/${none}/output.png?e=1&token=x.`,
    '/api/admin/overview?from=x.&to=y.&step=z.',
    '/api/webhooks/deliveries?state=x.',
    '/api/me',
    '/api/files/x.',
  ].flatMap((path) => [json(path, undefined, 'GET'), json(path, undefined, 'DELETE'), json(path, '{}')]),
];

test('no refusal has two full stops', { timeout: 60_000 }, async () => {
  const answers = await Promise.all(
    requests.map(async ({ path, call }) => {
      const { status, text } = await server.call(path, call);
      return { path, status, text };
    }),
  );
  const refused = answers.filter(({ status }) => status >= 400);
  expect(refused.length).toBeGreaterThan(150);
  const doubled = refused
    .filter(({ text }) => /\.\s*\.(?!\.)/.test(text))
    .map(({ path, text }) => [path, text]);
  expect(doubled).toEqual([]);
});
