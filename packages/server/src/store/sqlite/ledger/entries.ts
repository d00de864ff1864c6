// Writes of entries, each with the balances that it changes.

import type { DatabaseSync } from 'node:sqlite';
import type { Adjustment, LedgerEntry } from '../../../core/ledger/ledger.ts';
import type { FinalCharge } from '../../../core/ledger/money.ts';
import { entryColumns } from '../../rows.ts';
import { createChangeBalances } from './balances.ts';

/** Reservation of a task. */
export interface Reservation {
  id: string;
  keyId: string;
  ownerId: string;
  createdAt: number;
  reservedMicroUsd: number;
  pictures: number;
}

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO ledger (task_id, kind, attempt, key_id, owner_id, at, reserved_at, reserved_delta, spent_delta, pictures_delta, reason)
     VALUES (:taskId, :kind, :attempt, :keyId, :ownerId, :at, :reservedAt, :reservedDelta, :spentDelta, :picturesDelta, :reason)
     RETURNING ${entryColumns}`,
  );
  const changeBalances = createChangeBalances(database);
  const reservationOf = prepareReservationOf(database);
  const append = (entry: Omit<LedgerEntry, 'number'>) => insert.get({ ...entry }) as unknown as LedgerEntry;

  return {
    /** Reserves for tasks of one key that came together. */
    reserve(reservations: readonly Reservation[]): void {
      const [first] = reservations;
      if (first === undefined) return;
      const { keyId, ownerId, createdAt: at } = first;
      const common = {
        kind: 'reserve',
        attempt: 0,
        keyId,
        ownerId,
        at,
        reservedAt: at,
        spentDelta: 0,
      } as const;
      const sum = { reservedDelta: 0, picturesDelta: 0 };
      for (const { id, reservedMicroUsd: reservedDelta, pictures: picturesDelta } of reservations) {
        append({ ...common, taskId: id, reservedDelta, picturesDelta, reason: null });
        sum.reservedDelta += reservedDelta;
        sum.picturesDelta += picturesDelta;
      }
      changeBalances({ ...common, ...sum });
    },
    /** Enters what a task costs its owner, and gives back what was reserved. `null` where both are nothing. */
    charge(taskId: string, charge: FinalCharge, at: number): LedgerEntry | null {
      const reserved = reservationOf(taskId);
      const spentDelta = charge.kind === 'settle' ? charge.chargedMicroUsd : 0;
      if (reserved === null || (!reserved.isEntered && spentDelta === 0)) return null;
      const { isEntered: _, pictures, ...entry } = reserved;
      const missing = charge.kind === 'settle' ? (charge.missing ?? 0) : pictures;
      const picturesDelta = 0 - Math.min(missing, pictures);
      const { kind, reason } = charge;
      const entered = append({ ...entry, taskId, kind, at, spentDelta, picturesDelta, reason });
      changeBalances(entered);
      return entered;
    },
    adjust({ reason, ...change }: Adjustment): LedgerEntry {
      const nothing = { taskId: null, attempt: 0, reservedDelta: 0, picturesDelta: 0 };
      const entry = append({ ...change, ...nothing, kind: 'adjust', reservedAt: change.at, reason });
      changeBalances(entry);
      return entry;
    },
  };
}

interface Reserved extends Pick<
  LedgerEntry,
  'keyId' | 'ownerId' | 'attempt' | 'reservedAt' | 'reservedDelta'
> {
  pictures: number;
  isEntered: boolean;
}

/** Finds what the end of a task gives back; of a task that reserved nothing, whose it is. */
function prepareReservationOf(database: DatabaseSync): (taskId: string) => Reserved | null {
  const find = database.prepare(
    `SELECT coalesce(ledger.key_id, tasks.key_id) AS keyId, coalesce(ledger.owner_id, tasks.owner_id, tasks.key_id) AS ownerId,
       coalesce(ledger.reserved_at, tasks.created_at) AS reservedAt, -coalesce(ledger.reserved_delta, 0) AS reservedDelta,
       coalesce(ledger.pictures_delta, 0) AS pictures, ledger.number AS entry,
       (SELECT count(*) FROM attempts WHERE task_id = tasks.id) AS attempt
     FROM tasks LEFT JOIN ledger ON ledger.task_id = tasks.id AND ledger.kind = 'reserve' WHERE tasks.id = ?`,
  );
  return (taskId) => {
    const row = find.get(taskId);
    if (row === undefined) return null;
    const { entry, ...reserved } = row as unknown as Reserved & { entry: number | null };
    return { ...reserved, isEntered: entry !== null };
  };
}
