// The charge of a task that ends, in the statement that ends it.

import type { Charge } from '../../../core/ledger/money.ts';
import { chargeValues, type Row } from '../../rows.ts';
import type { BalanceChange } from './balance-changes.ts';

interface Charging {
  charge: Charge;
}

/** Columns of how a task is charged, for those who ask for its end. */
export const chargeColumns = {
  charge: ['text', ({ charge }: Charging) => charge.kind],
  charged: ['bigint', ({ charge }: Charging) => chargeValues(charge).charged],
  charge_reason: ['text', ({ charge }: Charging) => (charge.kind === 'hold' ? null : charge.reason)],
  hold_until: ['bigint', ({ charge }: Charging) => chargeValues(charge).holdUntil],
  missing: ['integer', ({ charge }: Charging) => (charge.kind === 'settle' ? (charge.missing ?? 0) : null)],
} as const;

/** Columns of the task that a charge sets. What was reserved is given back, unless it is held. */
export const setCharge = `charged_micro_usd = asked.charged, hold_until = asked.hold_until,
  reserved_micro_usd = CASE WHEN asked.charge <> 'hold' AND reserved_micro_usd IS NOT NULL THEN 0 ELSE reserved_micro_usd END`;

/**
 * Item of a WITH that enters the charges of the tasks which the item `ended` has ended: what was reserved is given back, and what they cost
 * is spent, in the period of the reservation. Free tasks for which nothing was entered are not looked up. `$1` has the ids of all.
 */
export const entered = (ended: string) => `entered AS (
    INSERT INTO ledger (task_id, kind, attempt, key_id, owner_id, at, reserved_at, reserved_delta, spent_delta, pictures_delta, reason)
    SELECT ${ended}.id, asked.charge, (SELECT count(*) FROM attempts WHERE task_id = ${ended}.id), coalesce(r.key_id, ${ended}.key_id),
      coalesce(r.owner_id, ${ended}.owner_id, ${ended}.key_id), asked.at, coalesce(r.reserved_at, ${ended}.created_at),
      -coalesce(r.reserved_delta, 0), asked.charged, -least(coalesce(asked.missing, r.pictures_delta, 0), coalesce(r.pictures_delta, 0)), asked.charge_reason
    FROM ${ended} JOIN asked USING (place)
      LEFT JOIN ledger AS r ON r.task_id = ANY ($1) AND r.task_id = ${ended}.id AND r.kind = 'reserve'
    WHERE asked.charge <> 'hold' AND (${ended}.reserved_micro_usd IS NOT NULL OR asked.charged > 0)
    RETURNING task_id, key_id, owner_id, reserved_at, reserved_delta, spent_delta, pictures_delta)`;

/** Columns of `entered` in the answer of the statement. */
export const enteredColumns = `entered.key_id AS entered_key, entered.owner_id AS entered_owner, reserved_at, reserved_delta, spent_delta, pictures_delta`;

/** Changes of balances by rows that have `enteredColumns`. */
export const changesOf = (rows: readonly Row[]): BalanceChange[] =>
  rows
    .filter((row) => row['entered_owner'] !== null)
    .map((row) => ({
      keyId: row['entered_key'] as string | null,
      ownerId: row['entered_owner'] as string,
      reservedAt: row['reserved_at'] as number,
      reservedDelta: row['reserved_delta'] as number,
      spentDelta: row['spent_delta'] as number,
      picturesDelta: row['pictures_delta'] as number,
    }));
