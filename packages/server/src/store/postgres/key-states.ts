// States of upstreams' keys, a few rows that every process reads again and again.

import type { KeyState, KeyStateStore, StoredState, ToldState } from '../../core/upstreams/key-states.ts';
import { lockFor, locks } from './database/locks.ts';
import { rowParameters } from './database/parameters.ts';
import type { Query } from './database/statements.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createKeyStates(query: Query, { write }: Pick<Writer, 'write'>): Required<KeyStateStore> {
  return {
    tellKeyStates: (states) => write(tell, [states]),
    async readKeyStates() {
      const rows = await query(
        'SELECT upstream, credential, fingerprint, state, number FROM key_states ORDER BY number',
      );
      return rows.map(
        (row) => Object.assign(row, { state: JSON.parse(row['state'] as string) }) as unknown as StoredState,
      );
    },
  };
}

/** Ends after every time. */
const never = Number.MAX_SAFE_INTEGER;
const endOf = (state: KeyState) => ('until' in state ? (state.until ?? never) : state.since);
const subjectOf = (state: KeyState) => {
  if (state.kind === 'pause') return `pause ${state.model ?? ''}`;
  return state.kind === 'unpaused' ? state.kind : 'circuit';
};

const told = rowParameters<ToldState>({
  upstream: ['text', ({ upstream }) => upstream],
  credential: ['text', ({ credential }) => credential],
  fingerprint: ['text', ({ fingerprint }) => fingerprint],
  subject: ['text', ({ state }) => subjectOf(state)],
  state: ['text', ({ state }) => JSON.stringify(state)],
  until_at: ['bigint', ({ state }) => endOf(state)],
});

const store = `INSERT INTO key_states (upstream, credential, fingerprint, subject, state, until_at)
  SELECT upstream, credential, fingerprint, subject, state, until_at FROM ${told.table}
  ON CONFLICT (upstream, credential, subject) DO UPDATE
    SET fingerprint = excluded.fingerprint, state = excluded.state, until_at = excluded.until_at, number = excluded.number
    WHERE excluded.until_at > key_states.until_at OR excluded.fingerprint <> key_states.fingerprint
      OR excluded.subject NOT LIKE 'pause %'`;

const forget = `DELETE FROM key_states WHERE until_at < $1`;
const forgetAfterMs = 24 * 3_600_000;

/** Under a lock, so that the numbers come in the order of the commits: a reader knows what it has read by the highest. */
const tell = oneByOne(async ({ query }: Transaction, states: readonly ToldState[]): Promise<void> => {
  await lockFor(query, locks.keyStates);
  for (const each of states) {
    if (each.state.kind === 'unpaused')
      await query(`DELETE FROM key_states WHERE upstream = $1 AND subject LIKE 'pause %'`, [each.upstream]);
    await query(store, told.of([each]));
    await query(forget, [each.state.since - forgetAfterMs]);
  }
});
