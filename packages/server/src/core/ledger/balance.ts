// Balances: sums of entries of the ledger.

/** Sums of the entries of a subject in an interval; money in micro-dollars. */
export interface Balance {
  reserved: number;
  spent: number;
  /** Pictures asked for, without those of tasks that were released. */
  pictures: number;
}
