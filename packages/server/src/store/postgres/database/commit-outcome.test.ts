// Commits whose answer is lost, because the connection breaks right after the database was told to commit, or right before.

import { createConnection, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import { callAt, newTask, start, succeeded } from '../../conformance/store.fixture.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { databaseOfTest, postgresUrl } from './store.fixture.ts';
import { setLimited } from '../../limits.fixture.ts';

type Fate = 'passed' | 'lost answer' | 'lost commit';

/** Opens a way to a database on which the next commit has this fate, and those after it pass. */
async function openCommitWay(url: string) {
  const { hostname, port } = new URL(url);
  let fate: Fate = 'passed';
  const server = createServer((near) => {
    const far = createConnection(Number(port), hostname);
    far.on('error', () => {}).on('close', () => near.destroy());
    near.on('error', () => {}).on('close', () => far.end());
    far.on('data', (chunk) => void (near.destroyed || near.write(chunk)));
    near.on('data', (chunk) => {
      const mine: Fate = chunk.includes('COMMIT') ? fate : 'passed';
      if (mine !== 'passed') fate = 'passed';
      if (mine !== 'lost commit') far.write(chunk);
      if (mine !== 'passed') near.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    url: Object.assign(new URL(url), { port: String((server.address() as AddressInfo).port) }).href,
    next: (is: Fate) => void (fate = is),
  };
}

async function openStore() {
  const way = await openCommitWay(await databaseOfTest());
  const { store, database } = createPostgresStore({
    url: way.url,
    listenUrl: null,
    changes: createLocalChanges(),
  });
  onTestFinished(() => store.close());
  const take = async () => {
    const needs = [{ model: 'nano-banana', inputs: 0, limit: 1 }];
    const [leased] = await store.takeDue({ needs, now: start + 10, leaseMs: 10_000 });
    if (leased === undefined) throw new Error('Nothing was taken.');
    return leased;
  };
  const count = async (table: string) => (await database.query(`SELECT FROM ${table}`)).length;
  return { store, way, take, count };
}

describe
  .skipIf(isMissing('PostgreSQL', postgresUrl() !== null))
  .each(['lost answer', 'lost commit'] as const)('a commit whose connection breaks: %s', (fate) => {
  test('a submit is in the store once, and is answered so', async () => {
    const { store, way, count } = await openStore();
    way.next(fate);
    await Promise.all([store.insert([newTask()]), store.insert([newTask()])]);
    expect(await count('tasks')).toBe(2);
    const kept = {
      keyId: 'key_a',
      idempotencyKey: 'order',
      requestHash: 'h',
      answer: '"1"',
      expiresAt: start + 9_999,
    };
    way.next(fate);
    expect(await store.insert([newTask()], kept)).toEqual({ kind: 'inserted' });
    expect(await store.insert([newTask()], { ...kept, answer: '"2"' })).toMatchObject({
      answer: { answer: '"1"' },
    });
    expect(await count('tasks')).toBe(3);
  });

  test('a task is taken, called and ended once by whoever wrote it', async () => {
    const { store, way, take, count } = await openStore();
    await store.insert([newTask()]);
    way.next(fate);
    const { lease } = await take();
    way.next(fate);
    expect(await store.openAttemptIfLeased(lease, callAt(start + 20))).toMatchObject({ number: 1 });
    expect(await count('attempts')).toBe(1);
    way.next(fate);
    expect(await store.finishIfLeased(lease, succeeded(start + 30))).toBe(true);
    expect(await store.find(lease.taskId)).toMatchObject({ state: 'succeeded', finishedAt: start + 30 });
  });

  test('a task under a budget is reserved and charged once', async () => {
    const { store, way, take } = await openStore();
    const budget = { period: 'total', amountMicroUsd: 100, timeZone: 'UTC' } as const;
    await setLimited(store, 'key_a', { budget, limits: {} });
    const price = { estimatedMicroUsd: 60, unitMicroUsd: null };
    way.next(fate);
    expect(await store.insert([newTask({ price })], null, { unpriced: 'refuse' })).toEqual({
      kind: 'inserted',
    });
    const { lease } = await take();
    way.next(fate);
    const charge = { kind: 'settle', chargedMicroUsd: 40, reason: 'cost' } as const;
    expect(await store.finishIfLeased(lease, { ...succeeded(start + 30), charge })).toBe(true);
    expect((await store.listEntries({ limit: 9 })).map(({ kind }) => kind)).toEqual(['reserve', 'settle']);
    expect(await store.standingsOf([{ kind: 'key', id: 'key_a' }], start)).toMatchObject([
      { spent: 40, reserved: 0 },
    ]);
    expect(await store.findLedgerFaults(9)).toEqual([]);
  });
});
