import type { Envelope, NewKeyData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { samplesIn } from '../../metrics/metrics.fixture.ts';
import { routes } from '../openapi/document.ts';
import {
  adminKey,
  rawCall,
  rawExchange,
  refusalOf,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

let server: TestServer;
let metricsKey: string;
beforeAll(async () => {
  server = await startServer({ METRICS_PORT: '0' });
  const made = await server.post<Envelope<NewKeyData>>(
    { name: 'scraper', scopes: ['metrics'] },
    '/api/admin/keys',
  );
  metricsKey = made.body.data.secret;
});

const samples = async (key = metricsKey) => samplesIn((await server.call('/metrics', { key })).text);

test('a key with the scope metrics, or an admin’s, reads the metrics, raw or behind Bearer, and nobody else does', async () => {
  for (const key of [metricsKey, `Bearer ${metricsKey}`, adminKey]) {
    const answer = await server.call('/metrics', { key });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.text).toContain('\nplantain_process_resident_memory_bytes ');
  }
  refusalOf(await server.call('/metrics', { key: null }), 401);
  refusalOf(await server.call('/metrics', { key: 'plantain_wrong' }), 401);
  const user = await server.newKey('plantain_key_of_a_user_without_that_scope');
  expect(refusalOf(await server.call('/metrics', { key: user }), 403).msg).toContain('metrics');
});

test('a task is counted from its submit to its end, and each request by the template of its route', async () => {
  const before = await samples();
  const id = await server.submit({ prompt: 'a banana', model: 'nano-banana' });
  await server.final(id);
  await server.call(`${statusPath}/${newTaskId()}`);
  const ended = 'plantain_tasks_ended_total{state="succeeded",type="none",model="nano-banana"}';
  let after = before;
  await expect
    .poll(async () => {
      after = await samples();
      return (after.get(ended) ?? 0) - (before.get(ended) ?? 0);
    })
    .toBe(1);
  const rise = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  for (const name of [
    'plantain_tasks_accepted_total{model="nano-banana"}',
    'plantain_task_wait_seconds_count{model="nano-banana"}',
    'plantain_owner_wait_seconds_count{group="other"}',
    'plantain_upstream_calls_total{upstream="sandbox",outcome="succeeded",type="none"}',
    'plantain_pictures_total{model="nano-banana"}',
  ])
    expect(rise(name), name).toBe(1);
  // The fast path answers the plain queries, and the ordinary route refuses the one for a task that is not there.
  const route = `method="GET",route="${statusPath}/{id}"`;
  const [plain, refused] = [200, 404].map((status) =>
    rise(`plantain_http_requests_total{${route},status="${status}"}`),
  );
  expect(plain).toBeGreaterThanOrEqual(1);
  expect(refused).toBe(1);
  expect(rise(`plantain_http_request_seconds_count{${route}}`)).toBe((plain ?? 0) + 1);
  expect(after.get('plantain_store_up')).toBe(1);
  expect(after.get('plantain_store_group_writes_count{lane="writer"}')).toBeGreaterThan(0);
});

test('what clients make up is no label: paths, methods, bytes that are no request, names of models', async () => {
  const hostile = ['PURGE', 'PROPFIND', 'SEARCH', 'OPTIONS'];
  for (const method of hostile)
    for (const target of ['/evil/1', `/api/admin/evil"},\\n`, `${statusPath}/evil`, '/%ff', '//evil//'])
      await rawCall(server.url, { target, method, headers: { host: 'localhost' } });
  await rawExchange(server.url, 'EVIL evil\r\n\r\n');
  await server.post({ prompt: 'a', model: 'evil' });
  const all = [...(await samples()).keys()];
  expect(all.join('\n')).not.toMatch(/evil/i);
  const requests = all.filter((name) => name.startsWith('plantain_http_requests_total'));
  const valuesOf = (label: string) =>
    new Set(requests.map((name) => new RegExp(`${label}="([^"]*)"`).exec(name)?.[1] ?? ''));
  const templates = new Set([...Object.values(routes).map(({ path }) => path), 'unknown']);
  for (const route of valuesOf('route')) expect(templates).toContain(route);
  for (const method of valuesOf('method'))
    expect(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other']).toContain(method);
  expect(requests).toContain('plantain_http_requests_total{method="other",route="unknown",status="400"}');
});

test('on a port of their own they are there without a key, and nothing else is; no page of another origin may read them', async () => {
  const url = server.metricsAt ?? '';
  const answer = await fetch(url, { headers: { origin: 'https://evil.example' } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect(samplesIn(await answer.text()).get('plantain_store_up')).toBe(1);
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  const { host } = new URL(url);
  for (const [named, status] of [
    ['rebound.example', 421],
    [host, 200],
    ['localhost', 200],
  ] as const)
    expect(
      await rawExchange(url, `GET /metrics HTTP/1.1\r\nhost: ${named}\r\nconnection: close\r\n\r\n`),
    ).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const others = [
    await fetch(url, { method: 'POST', body: 'x' }),
    await fetch(new URL('/api/me', url)),
    await fetch(new URL('/', url)),
  ];
  expect(others.map(({ status }) => status)).toEqual([405, 404, 404]);
  for (const each of others) expect(await each.text()).not.toContain('plantain_');
});
