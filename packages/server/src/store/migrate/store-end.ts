// The two ends of a move: a store that is read, and one that is filled.

import type { LinkSecrets } from '../../core/pictures/link-secrets.ts';
import type { MovedRow, MovedTable, Value } from './moved-table.ts';

/** How far a move has come, as it stands at its target. */
export interface MoveProgress {
  /** Place of the source. */
  source: string;
  tables: Record<string, TableProgress>;
}

export interface TableProgress {
  rows: number;
  /** Key of the last row that was written; `null` before the first. */
  after: Value[] | null;
  isDone: boolean;
}

export interface StoreEnd {
  /** Reads rows in the order of their key, from behind `after`: `limit` at most, fewer of long ones, and none at the end. */
  readPage(table: MovedTable, after: readonly Value[] | null, limit: number): Promise<MovedRow[]>;
  countRows(table: MovedTable): Promise<number>;
  /** Reads the secrets that sign links; `null` where none was drawn. */
  readLinkSecrets(): Promise<LinkSecrets | null>;
  close(): Promise<void>;
}

/** Target of a move. All that is written is durable when `finish` resolves; at any moment before, the progress tells of the rows that are there. */
export interface TargetEnd extends StoreEnd {
  /** Reads how far the move has come that was begun here; `null` where none was. */
  readProgress(): Promise<MoveProgress | null>;
  /** Names of tables that have rows. */
  findFilled(): Promise<string[]>;
  /** Marks the store as a target: no server starts on it until the end. */
  begin(progress: MoveProgress): Promise<void>;
  /** Writes rows, and how far the move has come with them. */
  write(table: MovedTable, rows: readonly MovedRow[], progress: MoveProgress): Promise<void>;
  storeLinkSecrets(secrets: LinkSecrets): Promise<void>;
  /** Makes what is no content of its own, and gives the store to servers. */
  finish(): Promise<void>;
}
