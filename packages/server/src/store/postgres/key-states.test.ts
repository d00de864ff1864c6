import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import type { KeyState, ToldState } from '../../core/upstreams/key-states.ts';
import { start } from '../conformance/store.fixture.ts';
import { inBoth, openTwoStores } from './database/two-stores.fixture.ts';
import { postgresUrl } from './database/store.fixture.ts';

const failure = { type: 'upstream_auth', message: 'No\u0000.', retryable: false } as const;
const pause = (until: number | null, model: string | null = null): KeyState => ({
  kind: 'pause',
  model,
  reason: 'auth',
  since: start,
  until,
  failure,
});
const told = (state: KeyState, more: Partial<ToldState> = {}): ToldState => ({
  upstream: 'one',
  credential: 'key_1',
  fingerprint: 'f',
  state,
  ...more,
});

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('states of keys', () => {
  test('are read by all in the order in which they were told, and of pauses the later end counts', async () => {
    const { stores } = await openTwoStores();
    await stores[0].tellKeyStates?.([told(pause(start + 5)), told(pause(start + 1, 'm'))]);
    await stores[1].tellKeyStates?.([told(pause(start + 3)), told({ kind: 'circuit_closed', since: start })]);
    const read = (await stores[1].readKeyStates?.()) ?? [];
    expect(read.map(({ state }) => state)).toEqual([
      pause(start + 5),
      pause(start + 1, 'm'),
      { kind: 'circuit_closed', since: start },
    ]);
    await stores[0].tellKeyStates?.([told(pause(start + 2), { fingerprint: 'of another key' })]);
    expect((await stores[0].readKeyStates?.())?.at(-1)).toMatchObject({ fingerprint: 'of another key' });
  });

  test('have no pauses left when the operator has ended them, and are forgotten a day after their end', async () => {
    const { stores } = await openTwoStores();
    const others = told(pause(null), { upstream: 'two' });
    await stores[0].tellKeyStates?.([told(pause(null)), others]);
    await stores[1].tellKeyStates?.([
      told({ kind: 'unpaused', since: start }, { credential: '', fingerprint: '' }),
    ]);
    const kinds = async () => (await stores[0].readKeyStates?.())?.map(({ state }) => state.kind);
    expect(await kinds()).toEqual(['pause', 'unpaused']);
    await stores[0].tellKeyStates?.([told({ kind: 'circuit_closed', since: start + 86_400_001 })]);
    expect(await kinds()).toEqual(['pause', 'circuit_closed']);
  });

  test('are numbered in the order of their commits', async () => {
    const { stores } = await openTwoStores();
    await inBoth(stores, 12, async (store, index) =>
      store.tellKeyStates?.([
        told(
          { kind: 'circuit_open', since: start, until: start + index, lastsMs: 1 },
          { credential: `k${index}` },
        ),
      ]),
    );
    const numbers = (await stores[0].readKeyStates?.())?.map(({ number }) => number) ?? [];
    expect(new Set(numbers).size).toBe(12);
  });
});
