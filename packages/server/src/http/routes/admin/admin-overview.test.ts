import type { Envelope, OverviewData, SettingsData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { version } from '../../../cli/version.ts';
import { settings } from '../../../config/settings.ts';
import { adminKey, refusalOf, startServer, type TestServer } from '../../server.fixture.ts';

const path = '/api/admin/overview';
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CONCURRENCY: '3' });
});
const overview = async (query = '') => {
  const answer = await server.call<Envelope<OverviewData>>(path + query);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};

test('an idle server shows every step of the last day, and the machine it runs on', async () => {
  const now = Math.floor(Date.now() / 1000);
  const data = await overview();
  expect(data.step).toBe(600);
  expect(data.series).toHaveLength(145);
  expect(data.series[0]).toEqual({
    at: data.from,
    submitted: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    cost_micro_usd: 0,
    duration_seconds: null,
    dwell_seconds: null,
    open: 0,
  });
  expect(Number(data.from)).toBeLessThanOrEqual(now - 24 * 3_600);
  expect(Number(data.to)).toBeGreaterThanOrEqual(now);
  expect(Number(data.series.at(-1)?.at)).toBe(Number(data.to) - 600);
  expect(data.now).toEqual({ pending: 0, running: 0, oldest_wait_seconds: 0, models: [] });
  expect(data).toMatchObject({ models: [], failures: [] });
  expect(data.disk).toMatchObject({ min_free_bytes: 0, picture_store: 'disk' });
  expect(data.disk.total_bytes).toBeGreaterThan(data.disk.free_bytes);
  expect(data.disk.database_bytes).toBeGreaterThan(4_096);
  expect(data.nodes).toEqual([
    {
      id: expect.stringMatching(/./),
      role: 'all',
      host: expect.stringMatching(/./),
      pid: process.pid,
      version,
      node_version: process.versions.node,
      start_time: expect.stringMatching(/^\d{10}$/),
      uptime_seconds: expect.any(Number),
      heartbeat_time: expect.stringMatching(/^\d{10}$/),
      running: 0,
      memory_bytes: expect.any(Number),
      heap_used_bytes: expect.any(Number),
      concurrency: 3,
    },
  ]);
});

test('what waits, what runs and what ended is counted, by model and by type', async () => {
  const model = 'nano-banana';
  const done = await server.submit({ prompt: 'a banana', model });
  await server.final(done);
  for (const reason of ['content_rejected', 'content_rejected', 'no_image'])
    await server.final(
      await server.submit({ prompt: `a banana [[fail ${reason}]]`, model, deadline_seconds: 1 }),
    );
  const hangingSince = Date.now();
  const hanging = await Promise.all(
    [1, 2, 3, 4].map(() => server.submit({ prompt: 'a banana [[hang]]', model })),
  );
  let shown = await overview();
  while (shown.now.running < 3 || shown.now.pending !== 1) shown = await overview();
  expect(shown.now).toEqual({
    pending: 1,
    running: 3,
    oldest_wait_seconds: expect.any(Number),
    models: [{ model, pending: 1, running: 3 }],
  });
  expect(shown.now.oldest_wait_seconds).toBeLessThanOrEqual(Math.ceil((Date.now() - hangingSince) / 1000));
  expect(shown.series.at(-1)?.open).toBe(4);
  expect(shown.series.at(-1)?.duration_seconds?.p50).toBeGreaterThan(0);
  const atOnce = await Promise.all(Array.from({ length: 10 }, () => overview()));
  expect(atOnce.map(({ now }) => now.pending)).toEqual(Array(10).fill(1));
  const past = await overview(`?to=${Number(shown.from) + 60}`);
  expect(past.series[0]).not.toHaveProperty('open');
  for (const id of hanging) await server.call(`/api/gemini/nano-banana/${id}`, { method: 'DELETE' });
  for (const id of hanging) await server.final(id);

  const { models, failures, series } = await overview();
  expect(models).toEqual([
    {
      model,
      submitted: 8,
      succeeded: 1,
      failed: 3,
      cancelled: 4,
      cost_micro_usd: expect.any(Number),
      duration_seconds: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) },
      dwell_seconds: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) },
      run_seconds: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) },
    },
  ]);
  expect(failures).toEqual([
    { type: 'cancelled', count: 4 },
    { type: 'content_rejected', count: 2 },
    { type: 'no_image', count: 1 },
  ]);
  const sum = (member: 'submitted' | 'succeeded' | 'failed' | 'cancelled') =>
    series.reduce((all, point) => all + point[member], 0);
  expect([sum('submitted'), sum('succeeded'), sum('failed'), sum('cancelled')]).toEqual([8, 1, 3, 4]);
  const [only] = models;
  expect(only?.duration_seconds?.p50).toBeGreaterThanOrEqual(only?.run_seconds?.p50 ?? Infinity);
  expect(only?.duration_seconds?.p50).toBeLessThan(60);
});

test('a window is asked for by its times and its step, and every fault is named at once', async () => {
  const to = Math.floor(Date.now() / 1000);
  const hour = await overview(`?from=${to - 3_600}&to=${to}&step=1200`);
  expect(hour.step).toBe(1_200);
  expect(hour.series.length).toBeGreaterThanOrEqual(3);
  expect(hour.series.length).toBeLessThanOrEqual(5);
  const month = await overview(`?from=${to - 30 * 24 * 3_600}`);
  expect(month.step).toBe(6 * 3_600);
  expect((await overview('?from=0')).series.length).toBeLessThanOrEqual(200);
  const refusal = refusalOf(await server.call(`${path}?from=soon&step=-1&until=5`), 400);
  expect(refusal.error.details?.map(({ path: place }) => place)).toEqual(['from', 'step', 'until']);
  refusalOf(await server.call(`${path}?from=${to}&to=${to - 1}`), 400);
});

test('every setting is shown with where it came from, and no secret', async () => {
  const environment = { GEMINI_API_KEY: 'the-secret-of-gemini', OPENAI_API_KEY: 'the-secret-of-openai' };
  const own = await startServer({ CONCURRENCY: '5' }, { environment });
  const answer = await own.call<Envelope<SettingsData>>('/api/admin/settings');
  const shown = new Map(answer.body.data.settings.map((setting) => [setting.name, setting]));
  expect([...shown.keys()]).toEqual(Object.keys(settings));
  expect(shown.get('concurrency')).toEqual({
    name: 'concurrency',
    value: 5,
    default: 8,
    is_hidden: false,
    source: 'environment',
    set_by: 'PLANTAIN_CONCURRENCY',
    variable: 'PLANTAIN_CONCURRENCY',
    about: settings.concurrency.about,
  });
  expect(shown.get('host')).toMatchObject({ value: '127.0.0.1', source: 'default', set_by: null });
  expect(shown.get('gemini_api_key')).toEqual({
    name: 'gemini_api_key',
    is_hidden: true,
    source: 'environment',
    set_by: 'GEMINI_API_KEY',
    variable: 'GEMINI_API_KEY',
    about: settings.gemini_api_key.about,
  });
  expect(shown.get('fal_key')).toMatchObject({ is_hidden: false, source: 'default' });
  const texts = [
    answer.text,
    ...(await Promise.all(
      ['/api/admin/keys', '/api/admin/upstreams', path, '/api/me'].map(
        async (at) => (await own.call(at)).text,
      ),
    )),
  ];
  for (const text of texts) {
    expect(text).toContain('"msg":"success"');
    expect(text).not.toContain('the-secret');
    expect(text).not.toContain(adminKey);
  }
});
