import type { OverviewNode } from '@plantain/client';
import { expect, test } from 'vitest';
import { silenceOf } from './silence.ts';

const node = (heartbeat: number): OverviewNode => ({
  id: String(heartbeat),
  role: 'worker',
  host: 'pictures-1',
  pid: 1,
  version: '0.1.0',
  node_version: 'v26.10.0',
  start_time: '0',
  uptime_seconds: heartbeat,
  heartbeat_time: String(heartbeat),
  running: 0,
  memory_bytes: 1,
  heap_used_bytes: 1,
  concurrency: 8,
});

test('a node is silent when the one that answered has heard nothing of it for more than ten seconds', () => {
  const nodes = [node(1_000), node(990), node(940)];
  expect(nodes.map((each) => silenceOf(each, nodes))).toEqual([0, 0, 60]);
});
