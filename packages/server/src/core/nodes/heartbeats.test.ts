import { expect, test } from 'vitest';
import type { StartTimer } from '../../lib/timers.ts';
import { createHeartbeats } from './heartbeats.ts';
import { createLocalNodes } from './local-nodes.ts';
import { isLive, liveMs, type Node, type NodeStore } from './nodes.ts';

/** Heartbeats whose timers end when the test says so. */
function setUp(nodes: NodeStore = createLocalNodes()) {
  let now = 1_000_000;
  let due: (() => void) | null = null;
  const startTimer: StartTimer = (run) => {
    due = run;
    return () => {
      due = null;
    };
  };
  const describe = () => ({ id: 'this', startedAt: 1, heartbeatAt: now }) as Node;
  const heartbeats = createHeartbeats({ nodes, describe, clock: { now: () => now }, startTimer });
  return {
    nodes,
    heartbeats,
    pass(ms: number) {
      now += ms;
      due?.();
    },
    now: () => now,
  };
}

test('a node says that it lives until it stops, and is forgotten then', async () => {
  const { nodes, heartbeats, pass, now } = setUp();
  heartbeats.start();
  pass(0);
  await expect.poll(() => nodes.listNodes(now())).toHaveLength(1);
  pass(2_000);
  await expect.poll(() => nodes.listNodes(now())).toHaveLength(1);
  await heartbeats.stop();
  expect(await nodes.listNodes(0)).toEqual([]);
});

test('a node that ended without a word is forgotten by another after an hour', async () => {
  const { nodes, heartbeats, pass, now } = setUp();
  const dead = { id: 'dead', startedAt: 0, heartbeatAt: now() } as Node;
  await nodes.beat(dead);
  expect([liveMs, liveMs + 1].map((ms) => isLive(dead, now() + ms))).toEqual([true, false]);
  heartbeats.start();
  pass(3_600_000);
  await expect.poll(() => nodes.listNodes(0)).toHaveLength(2);
  pass(1);
  await expect.poll(() => nodes.listNodes(0)).toHaveLength(1);
});

test('heartbeats go on after the store was away, and never come behind the leave', async () => {
  const held = Promise.withResolvers<void>();
  const local = createLocalNodes();
  let beats = 0;
  const { nodes, heartbeats, pass } = setUp({
    ...local,
    async beat(node) {
      beats += 1;
      if (beats === 1) throw new Error('away');
      await held.promise;
      await local.beat(node);
    },
  });
  heartbeats.start();
  pass(0);
  await expect.poll(() => beats).toBe(1);
  pass(2_000);
  await expect.poll(() => beats).toBe(2);
  const stopped = heartbeats.stop();
  held.resolve();
  await stopped;
  expect(await nodes.listNodes(0)).toEqual([]);
});
