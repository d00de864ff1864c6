// Moves all records from one store to the other, in steps of which each is written with how far it has come: begun again after whatever
// ended it, it goes on where it was.

import { StartRefusedError } from '../../core/errors.ts';
import { type Contents, keyOf, readContents } from './checksum.ts';
import type { MovedTable } from './moved-table.ts';
import type { MoveProgress, StoreEnd, TableProgress, TargetEnd } from './store-end.ts';
import { movedTables } from './tables.ts';

/** Told of what goes on: the table, and the rows of it that were copied or compared. */
export type OnProgress = (step: {
  doing: 'copy' | 'compare';
  table: string;
  rows: number;
  of: number;
}) => void;

export interface Move {
  source: StoreEnd;
  target: TargetEnd;
  /** Place of the source, by which a move that goes on knows it again. */
  from: string;
  signal: AbortSignal;
  onProgress: OnProgress;
  /** Maximal number of rows that are read and written at once. */
  pageRows?: number;
}

const usualRows = 2_000;

/** Copies what is not at the target yet. Throws `StartRefusedError` where the target has something of another origin. */
export async function copyRecords(move: Move): Promise<void> {
  const { source, target } = move;
  const progress = await beginOrGoOn(move);
  await copyLinkSecrets(source, target);
  for (const table of movedTables) await copyTable(move, table, progress);
}

async function beginOrGoOn({ target, from }: Move): Promise<MoveProgress> {
  const begun = await target.readProgress();
  if (begun !== null && begun.source !== from)
    throw new StartRefusedError(
      `The target is being filled from ${begun.source}, and not from ${from}. Go on with that one, or give this one an empty target.`,
    );
  if (begun !== null) return begun;
  const filled = await target.findFilled();
  if (filled.length > 0)
    throw new StartRefusedError(
      `The target is not empty: there is something in ${filled.join(', ')}. Records are moved into an empty database only.`,
    );
  const progress = { source: from, tables: {} };
  await target.begin(progress);
  return progress;
}

async function copyLinkSecrets(source: StoreEnd, target: TargetEnd): Promise<void> {
  const secrets = await source.readLinkSecrets();
  const found = await target.readLinkSecrets();
  if (secrets === null) return;
  if (found === null) return await target.storeLinkSecrets(secrets);
  if (!Buffer.from(found.secret).equals(secrets.secret))
    throw new StartRefusedError(
      'The target has a secret of its own that signs links, so those given out before would end. Move into an empty place.',
    );
}

async function copyTable(
  { source, target, signal, onProgress, pageRows = usualRows }: Move,
  table: MovedTable,
  progress: MoveProgress,
): Promise<void> {
  const { name } = table;
  const of = await source.countRows(table);
  const begun: TableProgress = progress.tables[name] ?? { rows: 0, after: null, isDone: false };
  for (let at = begun; !at.isDone;) {
    signal.throwIfAborted();
    const rows = await source.readPage(table, at.after, pageRows);
    const last = rows.at(-1);
    at =
      last === undefined
        ? { ...at, isDone: true }
        : { rows: at.rows + rows.length, after: keyOf(table, last), isDone: false };
    progress.tables[name] = at;
    await target.write(table, rows, progress).catch((error: unknown) => {
      throw toRefusal(error, name);
    });
    onProgress({ doing: 'copy', table: name, rows: at.rows, of });
  }
}

/** Makes a sentence of a store's error: rows that its tools would not have let in, or a disk that is full. */
function toRefusal(error: unknown, table: string): unknown {
  if (error instanceof StartRefusedError || !(error instanceof Error)) return error;
  return new StartRefusedError(
    `Rows of ${table} can’t be written to the target: ${error.message}. Mend that, and the same command goes on.`,
    { cause: error },
  );
}

export interface Compared {
  table: string;
  source: Contents;
  target: Contents;
  isEqual: boolean;
}

/** Reads all contents of both ends, each by itself. */
export async function compareRecords({
  source,
  target,
  signal,
  onProgress,
  pageRows = usualRows,
}: Move): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const table of movedTables) {
    const of = (await source.countRows(table)) + (await target.countRows(table));
    let rows = 0;
    const onRows = (count: number) =>
      onProgress({ doing: 'compare', table: table.name, rows: (rows += count), of });
    const [there, here] = await Promise.all(
      [source, target].map((end) => readContents(end, table, { signal, pageRows, onRows })),
    );
    if (there === undefined || here === undefined) throw new Error('There are two ends.');
    compared.push({
      table: table.name,
      source: there,
      target: here,
      isEqual: there.rows === here.rows && there.sum === here.sum,
    });
  }
  return compared;
}
