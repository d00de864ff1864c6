// How subjects stand: their limits, their balances, and how many of their tasks wait.

import type { DatabaseSync } from 'node:sqlite';
import {
  limitedOf,
  type Standing,
  standingAt,
  type StandingDefaults,
  type Subject,
} from '../../../core/limits/judge-submit.ts';
import type { Limited } from '../../../core/limits/limits.ts';
import { nothingLimited } from '../../../core/limits/subjects.ts';
import { toLimited } from '../../rows.ts';
import type { Balance } from '../../../core/ledger/balance.ts';
import { type BalanceOf, createBalanceRead } from './balances.ts';

/** Says how those of the subjects stand that have a limit. */
export type LimitedStandings = (
  subjects: readonly Subject[],
  at: number,
  defaults?: StandingDefaults,
) => Standing[];

export function createLimitedStandings(database: DatabaseSync, balanceOf: BalanceOf): LimitedStandings {
  const ownOf = prepareOwn(database);
  const stand = createStand(database, balanceOf);
  return (subjects, at, defaults) =>
    subjects.flatMap((subject) => {
      const limited = limitedOf(subject, ownOf(subject.id), defaults);
      return limited === null ? [] : [stand(subject, limited, at)];
    });
}

/** Counts only what is limited, and only up to the limit. */
function createStand(database: DatabaseSync, balanceOf: BalanceOf) {
  const countWaiting = prepareWaiting(database);
  return (subject: Subject, limited: Limited, at: number): Standing => {
    const { waiting: max } = limited.limits;
    return standingAt(subject, limited, {
      at,
      waiting: max === undefined ? 0 : countWaiting(subject, max),
      balanceOf: (interval) => balanceOf(subject.id, interval),
    });
  };
}

/** Says how subjects stand by the balances that are there; `null` where one is not, and entries would have to be summed. */
export function createKnownStandings(
  database: DatabaseSync,
): (...asked: Parameters<LimitedStandings>) => Standing[] | null {
  const read = createBalanceRead(database);
  let isWhole = true;
  const standingsOf = createStandings(database, (subjectId, interval) => {
    const balance = read(subjectId, interval);
    if (balance === null) isWhole = false;
    return balance ?? nothing;
  });
  return (...asked) => {
    isWhole = true;
    const standings = standingsOf(...asked);
    return isWhole ? standings : null;
  };
}

const nothing: Balance = { reserved: 0, spent: 0, pictures: 0 };

/** Says how subjects stand, also those that have no limit. */
export function createStandings(database: DatabaseSync, balanceOf: BalanceOf): LimitedStandings {
  const ownOf = prepareOwn(database);
  const stand = createStand(database, balanceOf);
  return (subjects, at, defaults) =>
    subjects.map((subject) =>
      stand(subject, limitedOf(subject, ownOf(subject.id), defaults) ?? nothingLimited, at),
    );
}

function prepareOwn(database: DatabaseSync): (subjectId: string) => Limited | null {
  const find = database.prepare('SELECT budget, limits FROM limits WHERE subject_id = ?');
  return (subjectId) => {
    const row = find.get(subjectId);
    return row === undefined ? null : toLimited(row);
  };
}

/** Counts pending tasks, up to `max` of them. */
function prepareWaiting(database: DatabaseSync): (subject: Subject, max: number) => number {
  const count = (which: string) =>
    database.prepare(
      `SELECT count(*) AS count FROM (SELECT 1 FROM tasks WHERE state = 'pending' AND ${which} LIMIT 0 + :max)`,
    );
  const ofOwner = count('owner_id = :id');
  // By the owners that its tasks may have, which their index begins with: by the key alone it would go through all tasks that it ever had.
  const ofKey = count(
    `owner_id IN (SELECT :id UNION SELECT owner_id FROM api_keys WHERE id = :id UNION SELECT owner_id FROM earlier_owners WHERE key_id = :id)
       AND key_id = :id`,
  );
  return ({ kind, id }, max) => Number((kind === 'owner' ? ofOwner : ofKey).get({ id, max })?.['count']);
}
