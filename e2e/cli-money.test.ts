// `plantain` under a budget: it says what is left and when, and a batch goes on later.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Envelope, KeyData, NewKeyBody, NewKeyData, TaskListData } from '@plantain/client';
import { adminKey, startServer, temporaryDirectory } from '../packages/server/src/http/server.fixture.ts';
import { runInProcess } from './cli-in-process.ts';

async function setUp(body: Omit<NewKeyBody, 'name'>) {
  const server = await startServer({ CONCURRENCY: '4' }, { file: 'selling_prices: { nano-banana: 0.01 }\n' });
  const json = { 'content-type': 'application/json' };
  const send = async <Data>(method: string, path: string, content: object) =>
    (
      await server.call<Envelope<Data>>(path, {
        method,
        key: adminKey,
        headers: json,
        body: JSON.stringify(content),
      })
    ).body.data;
  const { key_id: id, secret } = await send<NewKeyData>('POST', '/api/admin/keys', { name: 'shop', ...body });
  const cwd = temporaryDirectory();
  const run = (...args: string[]) => runInProcess(args, { url: server.url, key: secret });
  const change = (content: object) => send<KeyData>('PATCH', `/api/admin/keys/${id}`, content);
  const countTasks = async () => {
    const answer = await server.call<Envelope<TaskListData>>('/api/gemini/nano-banana?limit=200', {
      key: secret,
    });
    return answer.body.data.tasks.length;
  };
  return { cwd, run, change, countTasks };
}

const prompts = (count: number) =>
  Array.from({ length: count }, (_, index) => `a banana ${index}`).join('\n');

test('a batch submits what a budget has room for, says how much is left undone, and goes on when there is more', async () => {
  const budget = { period: 'month', amount_micro_usd: 50_000 } as const;
  const { cwd, run, change, countTasks } = await setUp({ budget });
  const file = join(cwd, 'prompts.txt');
  writeFileSync(file, prompts(8));
  const args = ['batch', file, '-o', join(cwd, 'out'), '--model', 'nano-banana'];
  const first = await run(...args);
  expect(first.stdout.trim().split('\n')).toHaveLength(5);
  expect(first.code).toBe(5);
  expect(first.stderr).toMatch(
    /budget of the key key_\S+ is exhausted.*begins anew at.* 3 lines are left of 8/s,
  );
  expect(first.stderr).toContain('To go on: plantain batch');
  const again = await run(...args);
  expect([again.code, again.stdout]).toEqual([5, '']);
  expect(await countTasks()).toBe(5);
  await change({ budget: { ...budget, amount_micro_usd: 90_000 } });
  expect(await run(...args)).toMatchObject({ code: 0 });
  expect(await countTasks()).toBe(8);
});

test('a batch larger than what may wait at once is submitted bit by bit', async () => {
  const { cwd, run, countTasks } = await setUp({ limits: { waiting: 3 } });
  const file = join(cwd, 'prompts.txt');
  writeFileSync(file, prompts(11));
  const { code, stdout } = await run('batch', file, '-o', join(cwd, 'out'), '--model', 'nano-banana');
  expect([code, stdout.trim().split('\n')]).toEqual([0, expect.objectContaining({ length: 11 })]);
  expect(await countTasks()).toBe(11);
});

test('a key is shown what is left, and what its tasks came to', async () => {
  const budget = { period: 'total', amount_micro_usd: 25_000 } as const;
  const { run } = await setUp({ budget, limits: { waiting: 7, reserved_micro_usd: 20_000 } });
  expect(await run('generate', 'a banana', '--model', 'nano-banana', '-o', '-')).toMatchObject({ code: 0 });
  const { stdout } = await run('me');
  expect(stdout).toContain('$0.015 left of $0.025 in total: $0.01 spent, $0.00 reserved');
  expect(stdout).toContain('7 tasks waiting at once, 0 used');
  expect(stdout).toContain('$0.02 reserved at once, $0.00 used');
  expect(JSON.parse((await run('me', '--json')).stdout)).toMatchObject({
    budget: { left_micro_usd: 15_000 },
  });
  const usage = await run('usage', '--by', 'model');
  expect(usage.stdout).toMatch(/^nano-banana +1 +1 +0 +0 +1 +\$0\.01 +\$0\.00$/m);
  expect((await run('usage', '--by', 'colour')).code).toBe(2);
  const { code, stderr } = await run('generate', 'two', '--model', 'nano-banana', '--no-wait');
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const dry = await run('generate', 'three', '--model', 'nano-banana', '--dry-run');
  expect(dry).toMatchObject({ code: 5, stdout: '' });
  const refused = await run('generate', 'three', '--model', 'nano-banana');
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain('is exhausted: of $0.025 in total');
});

test('a dry run says what it would cost, for whom, and what is left, and submits and uploads nothing', async () => {
  const budget = { period: 'total', amount_micro_usd: 1_200_000 } as const;
  const { cwd, run, countTasks } = await setUp({ budget });
  const file = join(cwd, 'prompts.txt');
  writeFileSync(file, prompts(149) + '\n{"prompt":"x","image_urls":["a.png"]}\n');
  writeFileSync(join(cwd, 'a.png'), 'no picture');
  const words = ['--model', 'nano-banana', '--dry-run'];
  const one = await run('edit', join(cwd, 'a.png'), 'a banana', '--count', '2', ...words);
  expect([one.code, one.stderr]).toEqual([0, '']);
  expect(one.stdout).toMatch(/^costs +\$0\.02 for 1 task\nkey +key_\S+ \(shop\)\nbudget +\$1\.20 left of /);
  const all = await run('batch', file, ...words);
  expect(all).toMatchObject({ code: 0, stderr: expect.stringContaining('more than is left') });
  expect(all.stdout).toMatch(/^costs +\$1\.50 for 150 tasks\n/);
  const { stdout } = await run('batch', file, ...words, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    dry_run: true,
    tasks: 150,
    cost: { estimated_micro_usd: 1_500_000 },
    key: { name: 'shop', budget: { left_micro_usd: 1_200_000 } },
  });
  expect(JSON.parse((await run('files', 'list', '--json')).stdout || '[]')).toEqual([]);
  expect(await countTasks()).toBe(0);
});
