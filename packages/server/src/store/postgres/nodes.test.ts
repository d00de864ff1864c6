import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createLocalNodes } from '../../core/nodes/local-nodes.ts';
import type { Node, NodeStore } from '../../core/nodes/nodes.ts';
import { openDatabase } from './database/database.ts';
import { databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { createNodes } from './nodes.ts';

async function openOnPostgres(): Promise<NodeStore> {
  const database = openDatabase({ url: await databaseOfTest() });
  onTestFinished(() => database.close());
  return createNodes(database.query);
}

const node = (id: string, startedAt: number, change: Partial<Node> = {}): Node => ({
  id,
  role: 'worker',
  host: 'pictures-1',
  pid: 42,
  version: '0.1.0',
  nodeVersion: 'v26.10.0',
  startedAt,
  heartbeatAt: startedAt,
  running: 0,
  concurrency: 8,
  memoryBytes: 5_000_000_000,
  heapUsedBytes: 40_000_000,
  calls: [],
  ...change,
});

const stores = [
  { name: 'of one process', open: async () => createLocalNodes() },
  ...(isMissing('PostgreSQL', postgresUrl() !== null)
    ? []
    : [{ name: 'on PostgreSQL', open: openOnPostgres }]),
];

describe.each(stores)('nodes $name', ({ open }) => {
  test('are listed in the order of their starts, each as its last heartbeat said', async () => {
    const nodes = await open();
    const error = { type: 'upstream_unavailable', count: 2, upstreamReason: 'too slow', lastAt: 7 } as const;
    const calls = [{ upstream: 'gemini', credential: null, requests: 3, pictures: 4, errors: [error] }];
    for (const each of [node('late', 20), node('early', 10), node('b', 15), node('a', 15)])
      await nodes.beat(each);
    const latest = node('early', 10, { heartbeatAt: 2_000, running: 3, memoryBytes: 7, calls });
    await nodes.beat(latest);
    const listed = await nodes.listNodes(0);
    expect(listed.map(({ id }) => id)).toEqual(['early', 'a', 'b', 'late']);
    expect(listed[0]).toEqual(latest);
  });

  test('have a duty one at a time, until it ends or the one that has it moves its end', async () => {
    const nodes = await open();
    const claim = (id: string, now: number, until: number) => nodes.claimDuty('files', { id, now, until });
    const both = await Promise.all([claim('a', 0, 100), claim('b', 0, 100)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    const [holder, other] = both[0] ? ['a', 'b'] : ['b', 'a'];
    expect(await claim(holder, 50, 200)).toBe(true);
    expect(await claim(other, 199, 300)).toBe(false);
    expect(await claim(other, 200, 300)).toBe(true);
    expect(await claim(holder, 250, 400)).toBe(false);
  });

  test('that have left or were silent for long are gone', async () => {
    const nodes = await open();
    for (const [index, id] of ['left', 'silent', 'live'].entries()) await nodes.beat(node(id, index));
    await nodes.leave('left');
    await nodes.leave('nobody');
    expect((await nodes.listNodes(2)).map(({ id }) => id)).toEqual(['live']);
    await nodes.forgetNodes(2);
    expect((await nodes.listNodes(0)).map(({ id }) => id)).toEqual(['live']);
  });
});
