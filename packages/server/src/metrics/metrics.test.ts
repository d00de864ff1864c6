import { describe, expect, test } from 'vitest';
import { taskErrorTypes } from '../core/errors.ts';
import type { StoreGauges } from '../core/gauges/store-gauges.ts';
import { createDurationCounts } from '../lib/time/duration-counts.ts';
import { attempt, delivered, ended, gauges, now, testMetrics } from './metrics.fixture.ts';
import { createGaugeReader } from './store-gauges.ts';

const idle: StoreGauges = { openTasks: [], reservedMicroUsd: 0, deliveries: { pending: 0, dueAt: null } };

describe('events become numbers:', () => {
  test('of tasks, by state, failure and model, with how long they waited and ran, their pictures and their money', async () => {
    const { listen, samples } = testMetrics();
    listen('task_accepted', { task: 'id', owner: 'key_a', model: 'banana', reservedMicroUsd: 40_000 });
    listen('task_ended', ended);
    listen('task_ended', {
      ...ended,
      state: 'error',
      type: 'cancelled',
      waitedMs: null,
      ranMs: null,
      pictures: 0,
      bytes: 0,
      chargedMicroUsd: null,
    });
    listen('hold_ended', { task: 'id', model: 'banana', chargedMicroUsd: 2_000 });
    expect(Object.fromEntries(await samples())).toMatchObject({
      'plantain_tasks_accepted_total{model="banana"}': 1,
      'plantain_tasks_ended_total{state="succeeded",type="none",model="banana"}': 1,
      'plantain_tasks_ended_total{state="error",type="cancelled",model="banana"}': 1,
      'plantain_task_wait_seconds_sum{model="banana"}': 1.5,
      'plantain_task_wait_seconds_count{model="banana"}': 1,
      'plantain_owner_wait_seconds_count{group="paying"}': 1,
      'plantain_task_run_seconds_bucket{le="10",model="banana"}': 1,
      'plantain_task_run_seconds_bucket{le="5",model="banana"}': 0,
      'plantain_pictures_total{model="banana"}': 2,
      'plantain_picture_bytes_total{model="banana"}': 3_000,
      'plantain_charged_dollars_total{model="banana"}': 0.042,
    });
  });

  test('of calls of upstreams and receivers, of writes and deletions, and of each event', async () => {
    const { listen, noteWritten, samples } = testMetrics();
    listen('attempt_ended', attempt);
    listen('webhook_attempt', delivered);
    listen('webhook_attempt', { ...delivered, about: 'task.running', ageMs: 900 });
    listen('webhook_attempt', { ...delivered, about: 'task.failed', ageMs: 900, state: 'pending' });
    listen('webhook_endpoint_off', { endpoint: 'e' });
    listen('retention', { pictures: 3 });
    noteWritten('writer', 5, 2);
    expect(Object.fromEntries(await samples())).toMatchObject({
      'plantain_upstream_calls_total{upstream="gemini",outcome="failed",type="upstream_quota"}': 1,
      'plantain_upstream_call_seconds_count{upstream="gemini",outcome="failed"}': 1,
      'plantain_cost_dollars_total{upstream="gemini",model="banana"}': 0.039,
      'plantain_upstream_maybe_billed_total{upstream="gemini"}': 1,
      'plantain_webhook_attempts_total{outcome="delivered"}': 2,
      'plantain_webhook_attempts_total{outcome="retry"}': 1,
      plantain_webhook_call_seconds_count: 3,
      plantain_task_told_seconds_count: 1,
      plantain_task_told_seconds_sum: 0.4,
      plantain_webhook_endpoints_off_total: 1,
      'plantain_deleted_total{kind="pictures"}': 3,
      'plantain_store_group_writes_sum{lane="writer"}': 5,
      'plantain_store_write_seconds_sum{lane="writer"}': 0.002,
      'plantain_events_total{event="webhook_attempt"}': 3,
    });
  });

  test('of requests, which were counted elsewhere, by classes that add up', async () => {
    const durations = createDurationCounts([0.001, 0.01]);
    for (const ms of [0.5, 1, 5, 50]) durations.note(ms);
    const statuses = new Map([
      [200, 3],
      [304, 1],
    ]);
    const { samples } = testMetrics({
      requests: () => [{ method: 'GET', route: '/a/{id}', statuses, durations }],
    });
    expect(Object.fromEntries(await samples())).toMatchObject({
      'plantain_http_requests_total{method="GET",route="/a/{id}",status="200"}': 3,
      'plantain_http_requests_total{method="GET",route="/a/{id}",status="304"}': 1,
      'plantain_http_request_seconds_bucket{le="0.001",method="GET",route="/a/{id}"}': 2,
      'plantain_http_request_seconds_bucket{le="0.01",method="GET",route="/a/{id}"}': 3,
      'plantain_http_request_seconds_bucket{le="+Inf",method="GET",route="/a/{id}"}': 4,
      'plantain_http_request_seconds_count{method="GET",route="/a/{id}"}': 4,
    });
  });
});

test('what has not happened yet is told as 0, so that the first time is a rise', async () => {
  expect(
    Object.fromEntries(await testMetrics({ store: { readGauges: async () => idle } }).samples()),
  ).toMatchObject({
    'plantain_tasks_accepted_total{model="banana"}': 0,
    'plantain_tasks_ended_total{state="error",type="internal",model="banana"}': 0,
    'plantain_upstream_maybe_billed_total{upstream="gemini"}': 0,
    'plantain_webhook_attempts_total{outcome="failed"}': 0,
    'plantain_deleted_total{kind="orphans"}': 0,
    'plantain_deleted_total{kind="prompts"}': 0,
    'plantain_events_total{event="task_fault"}': 0,
    'plantain_tasks_open{model="banana",state="pending"}': 0,
    'plantain_queue_oldest_seconds{model="banana"}': 0,
    plantain_webhooks_late_seconds: 0,
  });
});

test('there are no more series than the settings and the code name, whatever names come', async () => {
  const { listen, samples } = testMetrics();
  const grow = (names: readonly string[]) => {
    for (const name of names) {
      listen('task_accepted', { task: name, owner: name, model: name, reservedMicroUsd: null });
      listen('task_ended', { ...ended, task: name, ownerId: name, model: name });
      listen('hold_ended', { task: name, model: name, chargedMicroUsd: 1 });
      listen('attempt_ended', { ...attempt, model: name, upstream: name, upstreamModel: name, key: name });
    }
  };
  for (const type of taskErrorTypes) {
    listen('task_ended', { ...ended, state: 'error', type });
    listen('attempt_ended', { ...attempt, type });
  }
  grow(['first']);
  const before = (await samples()).size;
  const names = Array.from({ length: 500 }, (_, index) => `name ${index} "\n\\} evil{`);
  grow([...names, '__proto__', 'constructor', '']);
  const after = await samples();
  expect(after.size).toBe(before);
  expect(after.get('plantain_tasks_accepted_total{model="other"}')).toBe(504);
  expect([...after.keys()].join('\n')).not.toContain('evil');
});

describe('the sums of the store', () => {
  test('are told by model, those of models that are not served any more together', async () => {
    expect(Object.fromEntries(await testMetrics().samples())).toMatchObject({
      plantain_store_up: 1,
      'plantain_tasks_open{model="banana",state="pending"}': 3,
      'plantain_tasks_open{model="banana",state="running"}': 1,
      'plantain_tasks_open{model="other",state="pending"}': 3,
      'plantain_queue_oldest_seconds{model="banana"}': 30,
      'plantain_queue_oldest_seconds{model="other"}': 9,
      plantain_reserved_dollars: 1.5,
      plantain_webhooks_pending: 4,
      plantain_webhooks_late_seconds: 2,
      'plantain_upstream_keys{upstream="gemini",state="circuit_open"}': 1,
      'plantain_upstream_keys{upstream="gemini",state="paused"}': 0,
      'plantain_upstream_pauses{upstream="gemini",reason="quota"}': 2,
      'plantain_upstream_calls_open{upstream="gemini"}': 2,
    });
  });

  test('are read once for all who scrape meanwhile, and believed for fifty times what that took', async () => {
    const reads: PromiseWithResolvers<StoreGauges>[] = [];
    let elapsed = 0;
    const read = createGaugeReader(
      {
        readGauges() {
          const waiting = Promise.withResolvers<StoreGauges>();
          reads.push(waiting);
          return waiting.promise;
        },
      },
      { clock: { now: () => now }, startTimer: () => () => {}, elapsed: () => elapsed },
    );
    const both = [read(), read()];
    elapsed = 20;
    reads[0]?.resolve(gauges);
    expect(await Promise.all(both)).toEqual([1, 2].map(() => ({ gauges, tookMs: 20 })));
    elapsed = 20 + 50 * 20 - 1;
    expect(await read()).toEqual({ gauges, tookMs: 20 });
    expect(reads).toHaveLength(1);
    elapsed += 1;
    const next = read();
    reads[1]?.resolve(idle);
    expect(await next).toEqual({ gauges: idle, tookMs: 0 });
  });

  test('are in one text for those who scrape at once', async () => {
    const { scrape } = testMetrics();
    const [one, two] = await Promise.all([scrape(), scrape()]);
    expect(one).toBe(two);
    expect(await scrape()).not.toBe(one);
  });

  test('are left out where they can’t be read, also for a scrape that will wait no longer, and are there again later', async () => {
    let fail = true;
    const fired: (() => void)[] = [];
    let waiting: PromiseWithResolvers<StoreGauges> | null = null;
    const { samples } = testMetrics({
      store: {
        readGauges: () =>
          waiting?.promise ?? (fail ? Promise.reject(new Error('away')) : Promise.resolve(gauges)),
      },
      startTimer(callback) {
        if (waiting !== null) queueMicrotask(callback);
        fired.push(callback);
        return () => {};
      },
    });
    const upAndOpen = async () => {
      const all = await samples();
      return [all.get('plantain_store_up'), all.get('plantain_tasks_open{model="banana",state="pending"}')];
    };
    expect(await upAndOpen()).toEqual([0, undefined]);
    waiting = Promise.withResolvers();
    expect(await upAndOpen()).toEqual([0, undefined]);
    waiting.resolve(gauges);
    waiting = null;
    fail = false;
    expect(await upAndOpen()).toEqual([1, 3]);
  });
});
