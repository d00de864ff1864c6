// Standings of owners and keys: their limits and budgets in force, and how much of each is used.

import type { Clock } from '../../lib/clock.ts';
import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import type { ApiKey } from '../keys/key-store.ts';
import type { LedgerStore } from '../ledger/ledger.ts';
import type { Standing, StandingDefaults, Subject } from './judge-submit.ts';
import type { Rates } from './rates.ts';

/** Subjects that are read at once. What waits of each is counted, on SQLite on the main thread. */
const atOnce = 50;

/** Port of the tasks that run. */
export interface RunningCounts {
  /**
   * Counts the tasks that count against running limits, by their key and the owner under whom they were accepted. They are no more than
   * upstreams are called at once, so that the count is cheap.
   */
  countRunning(): Promise<{ keyId: string; ownerId: string; count: number }[]>;
}

/** Standing with what is counted for its limits elsewhere than in balances, where there is such a limit. */
export interface WholeStanding extends Standing {
  running?: number;
  /** Of the last minute, as far as this server knows; nothing outside of a server. */
  submits?: number;
  queries?: number;
}

/** Reads how subjects stand, in their order. */
export type StandingsOf = (subjects: readonly Subject[]) => Promise<WholeStanding[]>;

export interface StandingParts {
  store: Pick<LedgerStore, 'standingsOf'> & RunningCounts;
  /** Limits and budgets of the settings, for whoever has none. */
  defaults: StandingDefaults;
  clock: Clock;
  rates?: Pick<Rates, 'used'>;
}

export function createStandingsOf({ store, defaults, clock, rates }: StandingParts): StandingsOf {
  return async (subjects) => {
    const keepTurns = createTurnKeeper();
    const standings: Standing[] = [];
    for (let from = 0; from < subjects.length; from += atOnce) {
      await keepTurns();
      const some = subjects.slice(from, from + atOnce);
      standings.push(...(await store.standingsOf(some, clock.now(), defaults)));
    }
    const limitsRunning = standings.some(({ limited }) => limited.limits.running !== undefined);
    const running = limitsRunning ? await readRunning(store) : () => 0;
    return standings.map((standing) => {
      const { running: max, submitsPerMinute, queriesPerMinute } = standing.limited.limits;
      const whole: WholeStanding = standing;
      if (max !== undefined) whole.running = running(standing);
      if (rates && submitsPerMinute !== undefined) whole.submits = rates.used('submit', standing.id);
      if (rates && queriesPerMinute !== undefined) whole.queries = rates.used('query', standing.id);
      return whole;
    });
  };
}

async function readRunning(store: RunningCounts): Promise<(subject: Subject) => number> {
  const counts = { key: new Map<string, number>(), owner: new Map<string, number>() };
  for (const { keyId, ownerId, count } of await store.countRunning()) {
    // A key's tasks count under whatever owner they were accepted.
    counts.key.set(keyId, (counts.key.get(keyId) ?? 0) + count);
    counts.owner.set(ownerId, (counts.owner.get(ownerId) ?? 0) + count);
  }
  return ({ kind, id }) => counts[kind].get(id) ?? 0;
}

/** Key as a subject: one without an owner is its own. */
export const keySubject = ({ id, ownerId }: Pick<ApiKey, 'id' | 'ownerId'>): Subject => ({
  kind: 'key',
  id,
  ...(ownerId === null && { isAlone: true }),
});

export const ownerSubject = ({ id }: { id: string }): Subject => ({ kind: 'owner', id });
