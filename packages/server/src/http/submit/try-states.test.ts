import { expect, test } from 'vitest';
import type { KeptTry, TryEnd } from '../../core/repeats/tries.ts';
import { statesOf } from './try-states.ts';

const since = 1_800_000_000_000;
const tried = (heldBy: string | null): KeptTry => ({
  keyId: 'key_a',
  idempotencyKey: 'call h 1 0',
  requestHash: 'h',
  answer: '{}',
  expiresAt: since + 60_000,
  heldBy,
  heldAt: since - 1_000,
  claims: 0,
});

/** State of a try that is held by `heldBy`, `after` milliseconds after the later one came. */
async function stateOf(heldBy: string | null, { after = 0, end }: { after?: number; end?: boolean } = {}) {
  const ends = { keyId: 'key_a', idempotencyKey: 'call h 1 0', claims: 0 };
  const list = async () => [
    { id: 'beats', heartbeatAt: since },
    { id: 'silent', heartbeatAt: since - 1 },
    { id: 'dead', heartbeatAt: since - 60_000 },
  ];
  const parts = {
    holds: { endOf: (): TryEnd | undefined => (end === undefined ? undefined : { ...ends, isGiven: end }) },
    nodes: { id: 'this', list },
    clock: { now: () => since + after },
  };
  return (await statesOf(parts, [tried(heldBy)], since))(tried(heldBy));
}

test('a try that nobody holds is free, and one of this node is as this node knows', async () => {
  expect(await stateOf(null)).toBe('free');
  expect(await stateOf('this')).toBe('held');
  expect(await stateOf('this', { end: true })).toBe('given');
  expect(await stateOf('this', { end: false })).toBe('free');
});

test('a try of another node is held while that shows signs of life, and free when it shows none for three seconds', async () => {
  expect(await stateOf('beats', { after: 9_000 })).toBe('held');
  expect(await stateOf('silent', { after: 2_999 })).toBe('unsure');
  expect(await stateOf('silent', { after: 3_000 })).toBe('free');
  expect(await stateOf('dead')).toBe('free');
  expect(await stateOf('left')).toBe('free');
});
