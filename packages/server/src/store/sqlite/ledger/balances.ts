// Balances: cached sums of the ledger, each of a subject and an interval.

import type { DatabaseSync } from 'node:sqlite';
import type { Balance } from '../../../core/ledger/balance.ts';
import type { LedgerEntry } from '../../../core/ledger/ledger.ts';
import type { Interval } from '../../../core/ledger/periods.ts';

/** Finds the balance of a subject in an interval. */
export type BalanceOf = (subjectId: string, interval: Interval) => Balance;

/** Entries of a subject; one where the key is the owner counts once. */
const ofSubject = `(SELECT * FROM ledger WHERE owner_id = :subjectId AND reserved_at >= :startsAt AND reserved_at < :endsAt
   UNION ALL SELECT * FROM ledger WHERE key_id = :subjectId AND owner_id <> :subjectId AND reserved_at >= :startsAt AND reserved_at < :endsAt)`;

/** Reads the balance where it is there, or where there is no entry to be in it; else `null`: a sum of entries grows with their number. */
export function createBalanceRead(
  database: DatabaseSync,
): (subjectId: string, interval: Interval) => Balance | null {
  const find = prepareFind(database);
  const entry = database.prepare(`SELECT 1 FROM ${ofSubject} LIMIT 1`);
  return (subjectId, interval) => {
    const found = find(subjectId, interval);
    if (found !== undefined) return found;
    return entry.get({ subjectId, ...interval }) === undefined
      ? { reserved: 0, spent: 0, pictures: 0 }
      : null;
  };
}

/** Reads the balance, which is made where it is not there, so that every entry from then on changes it. */
export function createKeptBalance(database: DatabaseSync): BalanceOf {
  const find = prepareFind(database);
  const sum = prepareSum(database);
  const insert = database.prepare(
    `INSERT INTO balances (subject_id, starts_at, ends_at, reserved, spent, pictures)
     VALUES (:subjectId, :startsAt, :endsAt, :reserved, :spent, :pictures)`,
  );
  return (subjectId, interval) => {
    const found = find(subjectId, interval);
    if (found !== undefined) return found;
    const balance = sum(subjectId, interval);
    insert.run({ subjectId, ...interval, ...balance });
    return balance;
  };
}

function prepareFind(database: DatabaseSync) {
  const find = database.prepare(
    'SELECT reserved, spent, pictures FROM balances WHERE subject_id = :subjectId AND ends_at = :endsAt AND starts_at = :startsAt',
  );
  return (subjectId: string, interval: Interval) =>
    find.get({ subjectId, ...interval }) as unknown as Balance | undefined;
}

function prepareSum(database: DatabaseSync): BalanceOf {
  const sum = database.prepare(
    `SELECT coalesce(sum(reserved_delta), 0) AS reserved, coalesce(sum(spent_delta), 0) AS spent,
       coalesce(sum(pictures_delta), 0) AS pictures FROM ${ofSubject}`,
  );
  return (subjectId, interval) => sum.get({ subjectId, ...interval }) as unknown as Balance;
}

type Deltas = Pick<
  LedgerEntry,
  'keyId' | 'ownerId' | 'reservedAt' | 'reservedDelta' | 'spentDelta' | 'picturesDelta'
>;

/** Changes the balances of both subjects in all intervals that have the time of the reservation. */
export function createChangeBalances(database: DatabaseSync): (deltas: Deltas) => void {
  const change = database.prepare(
    `UPDATE balances SET reserved = reserved + :reservedDelta, spent = spent + :spentDelta, pictures = pictures + :picturesDelta
     WHERE subject_id IN (:keyId, :ownerId) AND ends_at > :reservedAt AND starts_at <= :reservedAt`,
  );
  return ({ keyId, ownerId, reservedAt, reservedDelta, spentDelta, picturesDelta }) => {
    change.run({ keyId, ownerId, reservedAt, reservedDelta, spentDelta, picturesDelta });
  };
}
