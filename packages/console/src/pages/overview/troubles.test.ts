import type { OverviewDisk, UpstreamData, UpstreamKeyData } from '@plantain/client';
import { expect, test } from 'vitest';
import { diskState, troublesOf } from './troubles.ts';

const disk = (free: number): OverviewDisk => ({
  free_bytes: free,
  total_bytes: 1_000,
  min_free_bytes: 100,
  database_bytes: 0,
  picture_store: 'disk',
});
const key = (label: string, state: UpstreamKeyData['state']): UpstreamKeyData => ({
  label,
  state,
  in_flight: 0,
  requests_today: 0,
  concurrency_limit: 1,
  limits: {},
  pauses: [],
  circuit: { state: 'closed' },
  recent_errors: [],
});
const upstream = (name: string, ...keys: UpstreamKeyData[]): UpstreamData => ({
  name,
  kind: 'openai',
  in_flight: 0,
  requests_today: 0,
  next_reset_at: '0',
  limits: {},
  models: [],
  keys,
});

test('a disk is low before it is full', () => {
  expect([99, 100, 199, 200].map((free) => diskState(disk(free)))).toEqual(['full', 'low', 'low', 'ok']);
});

test('where all is well there is nothing to look after', () => {
  const all = [upstream('a', key('1', 'available'), key('2', 'limited'), key('3', 'probing'))];
  expect(troublesOf(disk(900), all)).toEqual([]);
});

test('an upstream is told once, with those of its keys that can not be used', () => {
  const all = [
    upstream('a', key('1', 'paused'), key('2', 'available'), key('3', 'circuit_open')),
    upstream('b', key('1', 'available')),
  ];
  expect(troublesOf(disk(10), all)).toEqual([
    { kind: 'disk_full' },
    {
      kind: 'upstream',
      upstream: 'a',
      of: 3,
      states: ['paused', 'circuit_open'],
    },
  ]);
});
