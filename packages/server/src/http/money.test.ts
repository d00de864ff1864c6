// Money from outside: budgets that refuse, costs that are shown, and that no route makes a task without them.

import type { DryRunData, LimitFault, TaskData } from '@plantain/client';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { adminKey, startServer, statusPath, type TestServer } from './server.fixture.ts';

const file = `
prices:
  sandbox/nano-banana-2.1: { picture: 0.04 }
  sandbox/nano-banana-pro: { picture: 0.10 }
selling_prices:
  nano-banana-pro: { 1K: 0.25 }
  nano-banana-2: 0.05
routes:
  unpriced: [{ upstream: sandbox }]
  nano-banana-2.1: [{ upstream: sandbox }]
  nano-banana-pro: [{ upstream: sandbox }]
upstreams:
  sandbox:
  nb: { kind: nano-banana, base_url: 'http://127.0.0.1:9', key: x }
`.replace('  unpriced: [{ upstream: sandbox }]', '  unpriced: [{ upstream: nb, model: m }]');
let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { file: `${file}\ndefault_model: nano-banana-2.1\n` });
});

const send = <Body>(path: string, body: unknown, key: string, method = 'POST') =>
  server.call<Body & { data: any; error: { type: string; details: LimitFault[] } }>(path, {
    method,
    key,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A key with a budget of so many micro-dollars, with its id. */
async function keyWith(amount: number, more = {}): Promise<{ key: string; id: string }> {
  const budget = { period: 'total', amount_micro_usd: amount };
  const { data } = (await send<object>('/api/admin/keys', { name: 'k', budget, ...more }, adminKey)).body;
  return { key: data.secret, id: data.key_id };
}
const submit = (key: string, body = {}, path = statusPath) =>
  send<object>(path, { prompt: 'a', ...body }, key);
async function final(id: string, key: string): Promise<TaskData> {
  for (;;) {
    const task = await server.task(id, key);
    if (task.state === 'succeeded' || task.state === 'error') return task;
  }
}

test('a true cost is charged as it was reserved, and the rest of the budget refuses with all its sums', async () => {
  const { key, id } = await keyWith(50_000);
  const accepted = await submit(key);
  expect(accepted.headers.get('x-plantain-cost-micro-usd')).toBe('40000');
  const task = await final(accepted.body.data.task_id, key);
  expect(task.cost).toEqual({
    estimated_micro_usd: 40_000,
    reserved_micro_usd: 0,
    charged_micro_usd: 40_000,
  });
  const { headers } = await server.call(`${statusPath}/${task.task_id}`, { key });
  expect(headers.get('x-plantain-cost-micro-usd')).toBe('40000');
  const refused = await submit(key);
  expect(refused.status).toBe(402);
  expect(refused.body.error).toMatchObject({
    type: 'budget_exhausted',
    details: [
      {
        path: '',
        of: 'key',
        id,
        limit: 'budget',
        period: 'total',
        limit_micro_usd: 50_000,
        spent_micro_usd: 40_000,
        reserved_micro_usd: 0,
        cost_micro_usd: 40_000,
        fits: 0,
      },
    ],
  });
  expect(refused.text).toContain('$0.05 in total, $0.04 are spent and $0.00 reserved');
  const own = await server.call<{ data: { budget: object } }>(`/api/admin/keys/${id}`);
  if (own.status === 200)
    expect(own.body.data.budget).toMatchObject({ spent_micro_usd: 40_000, left_micro_usd: 10_000 });
});

test('who agreed on a selling price pays it, and does not see what the upstream costs', async () => {
  const { key } = await keyWith(1_000_000);
  const { body } = await submit(key, { model: 'nano-banana-pro' });
  const task = await final(body.data.task_id, key);
  expect(task.cost?.charged_micro_usd).toBe(250_000);
  expect(task.cost_micro_usd).toBeUndefined();
  expect(task.attempts[0]?.cost_micro_usd).toBeUndefined();
});

test('what failed is released, and a retry is reserved anew', async () => {
  const { key } = await keyWith(40_000);
  const { body } = await submit(key, { prompt: 'a [[fail content_rejected]]' });
  const failed = await final(body.data.task_id, key);
  expect(failed.cost).toEqual({
    estimated_micro_usd: 40_000,
    reserved_micro_usd: 0,
    charged_micro_usd: 0,
  });
  expect((await submit(key, {}, `${statusPath}/${failed.task_id}/retry`)).status).toBe(200);
});

test('a batch is refused whole, and says how many would fit', async () => {
  const { key } = await keyWith(100_000);
  const refused = await submit(key, { tasks: [{}, {}, {}] }, `${statusPath}/batch`);
  expect(refused.status).toBe(402);
  expect(refused.body.error.details[0]).toMatchObject({ cost_micro_usd: 120_000, fits: 2 });
});

test('a model without a price is refused under a budget, by the name of the setting', async () => {
  const { key } = await keyWith(100_000);
  const refused = await submit(key, { model: 'unpriced' });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('The price of unpriced is not known');
  expect(refused.text).toContain('prices');
});

test('a dry run says what it would cost, and accepts and stores nothing', async () => {
  const { key } = await keyWith(50_000);
  const dry = await submit(key, { unknown_member: 1 }, `${statusPath}?dry_run=true`);
  const data: DryRunData = dry.body.data;
  expect(data).toMatchObject({
    dry_run: true,
    tasks: 1,
    cost: { estimated_micro_usd: 40_000 },
    warnings: [expect.stringContaining('unknown_member')],
  });
  expect((await submit(key, { tasks: [{}, {}] }, `${statusPath}/batch?dry_run=true`)).status).toBe(402);
  expect((await submit(key, {}, `${statusPath}?dry_run=maybe`)).status).toBe(400);
  const listed = await server.call<{ data: { tasks: unknown[] } }>(statusPath, { key });
  expect(listed.body.data.tasks).toEqual([]);
});

test('a priority is bounded by the key', async () => {
  const { key } = await keyWith(1_000_000);
  expect((await submit(key, { priority: 1 })).status).toBe(403);
  expect((await submit(key, { priority: -1 })).status).toBe(400);
  const { key: other } = await keyWith(1_000_000, { priority_max: 5 });
  expect((await submit(other, { priority: 5 })).status).toBe(200);
});

test('a retry has as much of the priority as its key may ask for', async () => {
  const owner = await send<object>('/api/admin/owners', { name: 'sharing', shared: true }, adminKey);
  const { owner_id } = owner.body.data;
  const { key: first } = await keyWith(1_000_000, { owner_id, priority_max: 5 });
  const { key: second } = await keyWith(1_000_000, { owner_id });
  const { body } = await submit(first, { prompt: 'a [[fail content_rejected]]', priority: 5 });
  const { task_id: id } = await final(body.data.task_id, first);
  expect((await submit(second, {}, `${statusPath}/${id}/retry`)).status).toBe(200);
});

test('every route that can reach an upstream goes through the one gate', async () => {
  const { key } = await keyWith(0);
  const text = readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8');
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { responses?: object }>> };
  const body = { prompt: 'a', image_urls: [], tasks: [{ prompt: 'a' }], id: 'x', url: 'https://a.example/' };
  const refused: string[] = [];
  for (const [path, operations] of Object.entries(paths))
    for (const method of Object.keys(operations).filter((name) => name !== 'get' && name !== 'parameters')) {
      const place = path.replaceAll(/\{[^}]+\}/g, '01a22c25-d71f-7000-8881-fb2ddc480e1b');
      const answer = await send<object>(place, body, key, method.toUpperCase());
      if (answer.status === 402) refused.push(`${method} ${path}`);
    }
  expect(refused).toEqual(
    expect.arrayContaining([`post ${statusPath}`, `post ${statusPath}/batch`, 'post /v1/images/generations']),
  );
  const listed = await server.call<{ data: { tasks: unknown[] } }>(statusPath, { key });
  expect(listed.body.data.tasks).toEqual([]);
});
