// Port of the ledger: entries that are only ever appended. A balance is the plain sum of entries; the table of balances is a cache of such sums.

import type { AuditedAct } from '../audit/audit.ts';
import type { Standing, StandingDefaults, Subject } from '../limits/judge-submit.ts';
import type { ReadyView } from '../tasks/task-queue.ts';
import type { Task } from '../tasks/task.ts';
import type { Balance } from './balance.ts';
import type { FinalCharge } from './money.ts';
import type { Interval } from './periods.ts';

export const entryKinds = ['reserve', 'settle', 'release', 'adjust'] as const;
/**
 * Kind of an entry, with its changes for a sum a, a charge c and n pictures, of which m did not come. `reserve`: +a, 0, +n; `settle`: −a, +c, −m;
 * `release`: −a, 0, −n; `adjust`: 0, ±x, 0.
 */
export type EntryKind = (typeof entryKinds)[number];

/** Entry of the ledger. There is at most one of a task, kind and attempt. */
export interface LedgerEntry {
  /** Place in the order of entries. */
  number: number;
  /** `null` for an adjustment. */
  taskId: string | null;
  kind: EntryKind;
  /** Number of the task's attempts when it was written. */
  attempt: number;
  /** `null` for an adjustment of an owner that is no key. */
  keyId: string | null;
  ownerId: string;
  /** Unix milliseconds. */
  at: number;
  /** Time of the reservation, Unix milliseconds: the entry belongs to the period that it is in. */
  reservedAt: number;
  reservedDelta: number;
  spentDelta: number;
  picturesDelta: number;
  reason: string | null;
}

/** Adjustment of what an owner or a key has spent, in the period of `at`. */
export interface Adjustment {
  /** `null` where only the owner's balance changes. */
  keyId: string | null;
  ownerId: string;
  /** Micro-dollars; negative for a credit. */
  spentDelta: number;
  /** Unix milliseconds. */
  at: number;
  reason: string;
}

/** Difference between what is stored and the sum of the entries. */
export type LedgerFault =
  | { kind: 'balance'; subjectId: string; interval: Interval; stored: Balance; summed: Balance }
  /** The task's own columns, or for one that is gone, a sum that is still reserved. Columns that are `null` count as 0. */
  | {
      kind: 'task';
      taskId: string;
      stored: Pick<Balance, 'reserved' | 'spent'> | null;
      summed: Pick<Balance, 'reserved' | 'spent'>;
    }
  /** A task was settled or released more than once, or not after its end, or not at its end although it is not held, or was reserved twice. */
  | { kind: 'entries'; taskId: string; kinds: EntryKind[] };

/** Bound of what adjustments may bring the sum of a subject to: half of what a number counts exactly, so that charges have the other half. */
export const maxAdjustedMicroUsd = 2 ** 52;

export interface LedgerStore {
  /** Lists entries in their order, after the number `after`: of a task, of a subject, or all. */
  listEntries(options: {
    taskId?: string;
    subjectId?: string;
    after?: number;
    limit: number;
  }): Promise<LedgerEntry[]>;
  /** Compares balances and tasks to the sums of the entries, in one snapshot. Lists at most `limit` differences. */
  findLedgerFaults(limit: number): Promise<LedgerFault[]>;
  /**
   * Enters an adjustment; an act is stored in the audit log with it. `null`, and nothing is entered, where what the owner or the key has spent
   * in all would pass `maxAdjustedMicroUsd` above or below 0.
   */
  adjust(adjustment: Adjustment, audited?: AuditedAct): Promise<LedgerEntry | null>;
  /** Says how subjects stand at `at`, in their order. Sums that are not limited are 0. */
  standingsOf(subjects: readonly Subject[], at: number, defaults?: StandingDefaults): Promise<Standing[]>;
  /** Lists final tasks that are held until a time at or before `by`. */
  findExpiredHolds(by: number, limit: number): Promise<Task[]>;
  /** Ends the hold of a final task, with its view made anew. False when it is not held. */
  endHold(taskId: string, end: { at: number; charge: FinalCharge; view: ReadyView }): Promise<boolean>;
}
