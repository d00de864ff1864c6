// Money from outside beside the rules of the ledger: refusals by budgets, costs that are shown, dry runs and priorities.

import type { BudgetThresholdData, DryRunData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { startReceiver } from '../../webhooks/receiver.fixture.ts';
import { adminKey, statusPath } from '../server.fixture.ts';
import { type PaidServer, startPaidServer } from './money.fixture.ts';

let server: PaidServer;
let { keyWith, submitWith: submit, finalOf: final } = {} as PaidServer;
beforeAll(async () => {
  server = await startPaidServer(undefined, {
    ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8',
    LINK_PORTS: Array.from({ length: 65_535 }, (_, index) => index + 1).join(','),
  });
  ({ keyWith, submitWith: submit, finalOf: final } = server);
});

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

test('several pictures of one task are charged as far as they came', async () => {
  const { key, id } = await keyWith(130_000);
  const many = { count: 3, prompt: 'a [[fail content_rejected x1]]' };
  const dry = await submit(key, many, `${statusPath}?dry_run=true`);
  expect(dry.body.data).toMatchObject({ tasks: 1, cost: { estimated_micro_usd: 120_000 } });
  const { body } = await submit(key, many);
  const task = await final(body.data.task_id, key);
  expect(task).toMatchObject({
    state: 'succeeded',
    count: 3,
    cost: { estimated_micro_usd: 120_000, reserved_micro_usd: 0, charged_micro_usd: 80_000 },
    warnings: [expect.stringMatching(/^1 of 3 pictures could not be made\. Picture \d: content_rejected/)],
  });
  expect(task.data.images).toHaveLength(2);
  expect(new Set(task.image_details?.map(({ sha256 }) => sha256)).size).toBe(2);
  expect(task.attempts.flatMap(({ pictures = [] }) => pictures).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  const entries = await server.entriesOf(id);
  expect(entries.map((each) => [each.kind, each.spentDelta, each.picturesDelta])).toEqual([
    ['reserve', 0, 3],
    ['settle', 80_000, -1],
  ]);
  expect(await server.faults()).toEqual([]);
  const usage = await server.send('/api/usage', undefined, key, 'GET');
  expect(usage.body.data.rows).toMatchObject([{ submitted: 1, pictures: 2, charged_micro_usd: 80_000 }]);
});

test('a dry run of a retry is asked for in its body too, and what that else has is refused by its place', async () => {
  const { key } = await keyWith(50_000);
  const { body } = await submit(key, { prompt: '[[fail content_rejected]]' });
  const { task_id: id } = await final(body.data.task_id, key);
  const retry = (content: object, query = '') =>
    server.send(`${statusPath}/${id}/retry${query}`, content, key);
  for (const answer of [retry({ dry_run: true }), retry({}, '?dry_run=true')])
    expect((await answer).body.data).toMatchObject({ dry_run: true, cost: { estimated_micro_usd: 40_000 } });
  const wrong = await retry({ dryrun: true, dry_run: 'maybe' });
  expect(wrong.body.error.details.map(({ path }: { path: string }) => path)).toEqual(['dry_run', 'dryrun']);
  const listed = await server.call<{ data: { tasks: unknown[] } }>(statusPath, { key });
  expect(listed.body.data.tasks).toHaveLength(1);
  expect((await retry({})).body.data).toMatchObject({ retry_of: id });
});

test('an assistant that a budget refuses is told what is left of it as members too', async () => {
  const { key, id } = await keyWith(30_000);
  const tool = { name: 'generate_image', arguments: { prompt: 'a' } };
  const { text } = await server.call('/mcp', {
    method: 'POST',
    key,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: tool }),
  });
  const { result } = JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? text) as { result: unknown };
  expect(result).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: expect.stringContaining('The operator of this server can raise it.') }],
    structuredContent: {
      error: {
        type: 'budget_exhausted',
        details: [{ of: 'key', id, spent_micro_usd: 0, cost_micro_usd: 40_000 }],
      },
    },
  });
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
  const member = await submit(key, { dry_run: true });
  expect(member.body.data).toMatchObject({ dry_run: true, cost: { estimated_micro_usd: 40_000 } });
  expect(member.body.data.warnings).toBeUndefined();
  const form = await server.call<{ data: DryRunData }>(statusPath, {
    method: 'POST',
    key,
    body: new URLSearchParams({ prompt: 'a', dryRun: 'true' }),
  });
  expect(form.body.data.dry_run).toBe(true);
  const batch = await submit(key, { dry_run: true, tasks: [{}] }, `${statusPath}/batch`);
  expect(batch.body.data).toMatchObject({ dry_run: true, tasks: 1 });
  const wrong = await submit(key, { dry_run: 'maybe' });
  expect(wrong.body.error.details).toEqual([{ path: 'dry_run', message: 'must be true or false' }]);
  const inside = await submit(key, { tasks: [{ dry_run: true }] }, `${statusPath}/batch`);
  expect(inside.body.error.details[0]).toMatchObject({ path: 'tasks[0].dry_run' });
  const listed = await server.call<{ data: { tasks: unknown[] } }>(statusPath, { key });
  expect(listed.body.data.tasks).toEqual([]);
});

test('the first refusal of a budget that its price does not divide tells that all of it is used', async () => {
  const receiver = await startReceiver();
  const { key } = await keyWith(50_000);
  await server.send('/api/webhooks', { url: receiver.url, events: ['budget.threshold'] }, key);
  await submit(key);
  expect((await submit(key)).status).toBe(402);
  expect((await submit(key)).status).toBe(402);
  let percents: unknown[] = [];
  for (let count = 1; !percents.includes(100); count += 1)
    percents = (await receiver.until(count)).map(
      ({ body }) => (JSON.parse(body) as { data: BudgetThresholdData }).data.threshold_percent,
    );
  expect(percents.filter((percent) => percent === 100)).toHaveLength(1);
});

test('a priority is bounded by the key', async () => {
  const { key } = await keyWith(1_000_000);
  expect((await submit(key, { priority: 1 })).status).toBe(403);
  expect((await submit(key, { priority: -1 })).status).toBe(400);
  const { key: other } = await keyWith(1_000_000, { priority_max: 5 });
  expect((await submit(other, { priority: 5 })).status).toBe(200);
});

test('a retry has as much of the priority as its key may ask for', async () => {
  const owner = await server.send('/api/admin/owners', { name: 'sharing', shared: true }, adminKey);
  const { owner_id } = owner.body.data;
  const { key: first } = await keyWith(1_000_000, { owner_id, priority_max: 5 });
  const { key: second } = await keyWith(1_000_000, { owner_id });
  const { body } = await submit(first, { prompt: 'a [[fail content_rejected]]', priority: 5 });
  const { task_id: id } = await final(body.data.task_id, first);
  expect((await server.send(`${statusPath}/${id}/retry`, {}, second)).status).toBe(200);
});
