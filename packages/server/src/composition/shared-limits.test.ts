// Limits of calls that hold over all nodes on one database.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { createRecentCounts } from '../core/upstreams/recent-counts.ts';
import type { UpstreamResult } from '../core/upstreams/upstream.ts';
import { postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { failWith, makeUpstream, result } from '../worker/test-upstream.fixture.ts';
import { createBusyUpstream, openNodes } from './shared-limits.fixture.ts';

const unused = () => failWith({ message: 'The answer of no credential.' });
const limits = { concurrency: 2 };

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a limit of calls at once', () => {
  test('is never passed by two nodes together, and is used up', async () => {
    const nodes = await openNodes(2);
    const { upstream, seen } = createBusyUpstream(20);
    const ids = await Promise.all(Array.from({ length: 24 }, () => nodes[0].add()));
    for (const { worker } of nodes)
      worker(unused, { credentials: [{ label: 'key_1', upstream, limits }] }).start();
    const ended = await Promise.all(ids.map((id) => nodes[0].final(id)));
    expect(ended.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(seen).toEqual({ open: 0, most: 2, calls: 24 });
  });

  test('counts tasks whose inputs are being loaded', async () => {
    const nodes = await openNodes(2);
    const { upstream, seen } = createBusyUpstream(10);
    const loading = { now: 0, most: 0 };
    const loadInputs = async () => {
      loading.now += 1;
      loading.most = Math.max(loading.most, loading.now + seen.open);
      await new Promise((resolve) => setTimeout(resolve, 10));
      loading.now -= 1;
      return { pictures: [], warnings: [] };
    };
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => nodes[0].add({ inputs: index % 2 })),
    );
    for (const { worker } of nodes)
      worker(unused, { credentials: [{ label: 'key_1', upstream, limits }], loadInputs }).start();
    await Promise.all(ids.map((id) => nodes[1].final(id)));
    expect(seen).toMatchObject({ open: 0, calls: 12 });
    expect(loading.most).toBe(2);
  });

  test('counts each call of a task for several pictures', async () => {
    const nodes = await openNodes(2);
    const { upstream, seen } = createBusyUpstream(20);
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, index) => nodes[0].add({ count: 1 + (index % 3), inputs: index % 2 })),
    );
    for (const { worker } of nodes)
      worker(unused, { credentials: [{ label: 'key_1', upstream, limits }] }).start();
    const ended = await Promise.all(ids.map((id) => nodes[1].final(id)));
    const pictures = ended.map(({ result: made }) => made?.pictures.length);
    expect(pictures).toEqual([1, 2, 3, 1, 2, 3, 1, 2]);
    expect(seen).toMatchObject({ open: 0, calls: 15 });
    expect(seen.most).toBeLessThanOrEqual(2);
  });

  test('counts the calls of a node that is gone, until its tasks are taken over', async () => {
    const [gone, left] = await openNodes(2);
    const ids = await Promise.all(Array.from({ length: 6 }, () => gone.add()));
    const call = { upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' };
    const lost = await gone.store.takeDue({
      needs: [{ model: 'nano-banana', inputs: 0, limit: 2, calls: [call, call] }],
      now: gone.time.now(),
      leaseMs: 600,
    });
    expect(lost.map(({ opened }) => opened)).toEqual([true, true]);
    const { upstream, seen } = createBusyUpstream(5);
    const { router, ...worker } = left.worker(unused, {
      credentials: [{ label: 'key_1', upstream, limits }],
    });
    worker.start();
    await expect.poll(() => router.availability({ model: 'nano-banana', inputs: 0 }).kind).toBe('waiting');
    expect(router.snapshot()[0]).toMatchObject({
      in_flight: 2,
      limits: { concurrency: { limit: 2, used: 2 } },
    });
    expect(seen.calls).toBe(0);
    left.time.pass(1_000);
    await Promise.all(ids.map((id) => left.final(id)));
    expect(seen).toMatchObject({ open: 0, most: 2 });
  });

  test('counts a call that is still open when its task was cancelled', async () => {
    const [one, other] = await openNodes(2);
    const calls: (() => void)[] = [];
    const upstream = makeUpstream(
      () => new Promise<UpstreamResult>((resolve) => calls.push(() => resolve(result))),
    );
    const key = { label: 'key_1', upstream, limits: { concurrency: 1 } };
    const cancelled = await one.add();
    one.worker(unused, { credentials: [key] }).start();
    await expect.poll(() => calls.length).toBe(1);
    await one.store.requestCancelIfRunning(cancelled, one.time.now());
    expect((await one.final(cancelled)).failure?.type).toBe('cancelled');
    const waiting = await one.add();
    const { router, ...second } = other.worker(unused, { credentials: [key] });
    second.start();
    await expect.poll(() => router.snapshot()[0]?.in_flight).toBe(1);
    expect(calls).toHaveLength(1);
    calls[0]?.();
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.();
    expect((await other.final(waiting)).state).toBe('succeeded');
  });

  test('holds for calls to which tasks fail over: one for which there is no room waits', async () => {
    const [one, other] = await openNodes(2);
    const { upstream, seen } = createBusyUpstream(100);
    const first = { upstreamName: 'first', label: 'a', upstream: makeUpstream(() => failWith({})) };
    const second = { upstreamName: 'second', label: 'b', upstream, limits: { concurrency: 1 } };
    const ids = [await one.add(), await other.add(), await one.add()];
    for (const { worker } of [one, other])
      worker(unused, { credentials: [first, second], maxTries: 20 }).start();
    const ended = await Promise.all(ids.map((id) => one.final(id)));
    expect(ended.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(seen).toEqual({ open: 0, most: 1, calls: 3 });
  });

  test('counts an operation that another node has to take up, and refuses none', async () => {
    const [gone, left] = await openNodes(2);
    const id = await gone.add();
    const call = { upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' };
    const [taken] = await gone.store.takeDue({
      needs: [{ model: 'nano-banana', inputs: 0, limit: 1, calls: [call] }],
      now: gone.time.now(),
      leaseMs: 60_000,
    });
    if (taken === undefined) throw new Error('Nothing was taken.');
    await gone.store.saveOperationIfLeased(taken.lease, { operation: { id: 'op' }, warnings: [] });
    await gone.store.putBackIfLeased(taken.lease, {
      at: gone.time.now(),
      dueAt: taken.task.dueAt,
      usesTry: false,
    });
    const starts: string[] = [];
    const upstream = makeUpstream(
      () => {
        starts.push('start');
        return result;
      },
      { poll: async () => result },
    );
    const full = { concurrency: 1 };
    const waiting = await left.add();
    left.worker(unused, { credentials: [{ label: 'key_1', upstream, limits: full }] }).start();
    await left.final(id);
    expect((await left.final(waiting)).state).toBe('succeeded');
    expect(starts).toEqual(['start']);
  });
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a quota of a day', () => {
  const need = { model: 'nano-banana', inputs: 0 };
  const day = { dailyRequests: 5 };

  test('is used up by two nodes together and never passed, and each knows', async () => {
    const nodes = await openNodes(2);
    const { upstream, seen } = createBusyUpstream(5);
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, index) => nodes[0].add({ inputs: index % 2, deadlineMs: 3_600_000 })),
    );
    const workers = nodes.map(({ worker }) =>
      worker(unused, { credentials: [{ label: 'key_1', upstream, limits: day }] }),
    );
    for (const { start } of workers) start();
    for (const { router } of workers)
      await expect.poll(() => router.availability(need)).toMatchObject({ kind: 'waiting', reason: 'quota' });
    await expect.poll(() => seen).toEqual({ open: 0, most: expect.any(Number), calls: 5 });
    const states = async () =>
      (await Promise.all(ids.map((id) => nodes[0].find(id)))).map(({ state }) => state);
    await expect.poll(states).toEqual(expect.arrayContaining(['pending', 'succeeded']));
    expect((await states()).filter((state) => state !== 'pending').length).toBeLessThanOrEqual(5);
    for (const { router } of workers) expect(router.snapshot()[0]?.requests_today).toBe(5);
  });

  test('counts what was called before anybody counted, and gives back what was set aside and not called', async () => {
    const [node] = await openNodes(1);
    const now = node.time.now();
    const call = { upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' };
    const take = (inputs: number, room?: Parameters<typeof node.store.takeDue>[0]['room']) =>
      node.store.takeDue({
        needs: [
          {
            model: 'nano-banana',
            inputs,
            limit: 1,
            ...(inputs > 0 ? { setAside: [call] } : { calls: [call] }),
          },
        ],
        now: now + 1_000,
        leaseMs: 60_000,
        ...(room === undefined ? {} : { room }),
      });
    const asked = { own: () => [], days: () => [{ upstream: 'test', since: now - 1_000 }] };
    const today = async () =>
      (await node.store.countCalls?.(asked))?.reduce((sum, each) => sum + each.today, 0);
    await node.add();
    await take(0);
    expect(await today()).toBe(1);
    await node.add({ inputs: 1 });
    const decide = () => [{ model: 'nano-banana', inputs: 1, limit: 1, setAside: [call] }];
    const [taken] = await take(1, { ...asked, decide });
    expect(taken?.setAside).toEqual(call);
    expect(await today()).toBe(2);
    if (taken === undefined) return;
    await node.store.putBackIfLeased(taken.lease, { at: now + 1_000, dueAt: now + 1_000, usesTry: false });
    expect(await today()).toBe(1);
  });
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a node that makes no calls', () => {
  test('shows those of the others, and reads them at most once a second', async () => {
    const [one, other] = await openNodes(2);
    const call = { upstream: 'test', upstreamModel: 'test-1', credential: 'key_1' };
    const { router } = other.worker(unused, {
      credentials: [{ label: 'key_1', upstream: makeUpstream(() => result), limits }],
    });
    let reads = 0;
    const store: Pick<typeof other.store, 'countCalls' | 'countAttempts'> = {
      ...other.store,
      async countCalls(asked) {
        reads += 1;
        return (await other.store.countCalls?.(asked)) ?? [];
      },
    };
    const counts = createRecentCounts({ router, store, clock: other.time });
    for (let index = 0; index < 2; index += 1) await one.add();
    await one.store.takeDue({
      needs: [{ model: 'nano-banana', inputs: 0, limit: 2, calls: [call, call] }],
      now: one.time.now(),
      leaseMs: 60_000,
    });
    expect(router.snapshot()[0]?.in_flight).toBe(0);
    await Promise.all([counts.refresh(), counts.refresh()]);
    expect(router.snapshot()[0]?.in_flight).toBe(2);
    expect(router.availability({ model: 'nano-banana', inputs: 0 })).toMatchObject({ reason: 'busy' });
    await counts.refresh();
    expect(reads).toBe(1);
    other.time.pass(1_000);
    expect(counts.isFresh()).toBe(false);
  });
});
