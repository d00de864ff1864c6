// Standings of owners and keys: their limits and budgets in force, and how much of each is used.

import type { Clock } from '../../lib/clock.ts';
import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import type { ApiKey } from '../keys/key-store.ts';
import type { LedgerStore } from '../ledger/ledger.ts';
import type { Standing, StandingDefaults, Subject } from './judge-submit.ts';

/** Subjects that are read at once. What waits of each is counted, on SQLite on the main thread. */
const atOnce = 50;

/** Reads how subjects stand, in their order. */
export type StandingsOf = (subjects: readonly Subject[]) => Promise<Standing[]>;

/** `defaults` are those of the settings, for whoever has none. */
export function createStandingsOf(
  store: Pick<LedgerStore, 'standingsOf'>,
  defaults: StandingDefaults,
  clock: Clock,
): StandingsOf {
  return async (subjects) => {
    const keepTurns = createTurnKeeper();
    const standings: Standing[] = [];
    for (let from = 0; from < subjects.length; from += atOnce) {
      await keepTurns();
      const some = subjects.slice(from, from + atOnce);
      standings.push(...(await store.standingsOf(some, clock.now(), defaults)));
    }
    return standings;
  };
}

/** Key as a subject: one without an owner is its own. */
export const keySubject = ({ id, ownerId }: Pick<ApiKey, 'id' | 'ownerId'>): Subject => ({
  kind: 'key',
  id,
  ...(ownerId === null && { isAlone: true }),
});

export const ownerSubject = ({ id }: { id: string }): Subject => ({ kind: 'owner', id });
