// `plantain-server migrate-data`: moves an installation from a data directory to PostgreSQL, or back, while no server works on either.

import {
  type DataMove,
  describePlace,
  isDatabase,
  moveData,
  type Moved,
  picturesOf,
} from '../composition/migrate-data.ts';
import { databaseAddress } from '../config/value-types.ts';
import { createProgressLine } from './progress-line.ts';
import { readConfig } from './read-config.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { readArguments, UsageError } from './usage.ts';

export async function migrateDataCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const move = readMove(args);
  const { config } = readConfig(environment);
  using stop = stopOnSignal();
  const line = createProgressLine(process.stderr);
  console.error(`Moving the records of ${describePlace(move.from)} to ${describePlace(move.to)}.`);
  try {
    const moved = await moveData(move, config, {
      signal: stop.signal,
      onProgress: line.show,
      onPictures: line.showPictures,
    });
    line.end();
    printTables(moved);
    printEnd(move, moved);
  } catch (error) {
    line.end();
    if (error !== stop.signal.reason) throw error;
    console.error('Stopped. The same command goes on where this one was; until then no server starts there.');
    process.exitCode = 130;
  }
}

function readMove(args: readonly string[]): DataMove {
  const text = { type: 'string' } as const;
  const { values } = readArguments({
    args: [...args],
    options: { from: text, to: text, 'pictures-from': text, 'pictures-to': text },
  });
  const { from = '', to = '', 'pictures-from': picturesFrom, 'pictures-to': picturesTo } = values;
  if (from === '' || to === '' || isDatabase(from) === isDatabase(to))
    throw new UsageError(
      'migrate-data takes --from and --to: one is a data directory, the other the address of a database (postgres://…).',
    );
  for (const address of [from, to].filter(isDatabase)) {
    const { success, error } = databaseAddress.safeParse(address);
    if (!success) throw new UsageError(`The address of the database ${error.issues[0]?.message ?? ''}.`);
  }
  if (picturesFrom === undefined && picturesTo === undefined) return { from, to };
  const places = {
    from: picturesFrom ?? (isDatabase(from) ? '' : picturesOf(from)),
    to: picturesTo ?? (isDatabase(to) ? '' : picturesOf(to)),
  };
  if (places.from === '' || places.to === '')
    throw new UsageError(
      'A database has no pictures: say with --pictures-from and --pictures-to which folder has them or gets them, or s3.',
    );
  return { from, to, pictures: places };
}

function printTables({ tables, pictures }: Moved): void {
  const rows = tables.map(({ table, source, target, isEqual }) => [
    table,
    source.rows.toLocaleString('en'),
    target.rows.toLocaleString('en'),
    isEqual ? source.sum : `${source.sum}, and not ${target.sum}`,
  ]);
  const head = ['table', 'source', 'target', 'checksum'];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, column) =>
          [1, 2].includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
  if (pictures !== null)
    console.log(
      `pictures: ${pictures.pictures.toLocaleString('en')} with ${pictures.bytes.toLocaleString('en')} bytes are at the target`,
    );
}

function printEnd(move: DataMove, { tables }: Moved): void {
  const different = tables.filter(({ isEqual }) => !isEqual).map(({ table }) => table);
  if (different.length > 0) {
    console.error(
      `The target differs in ${different.join(', ')}: most likely a server worked on the source since the move was begun. ` +
        'Give it an empty target and move again; no server starts on this one.',
    );
    process.exitCode = 1;
    return;
  }
  const left = move.pictures === undefined ? ' Pictures were not copied.' : '';
  console.error(
    `All was moved, and is the same at both ends.${left} Start the server with ${settingsAfter(move)}. Nothing was changed in ${describePlace(move.from)}: never start a server there again, or tasks are run twice.`,
  );
}

/** Settings by which a server finds what was moved. */
export function settingsAfter({ to, pictures }: DataMove): string {
  const records = isDatabase(to) ? 'PLANTAIN_DATABASE_URL' : `PLANTAIN_DATA_DIR=${to}`;
  const without = isDatabase(to) ? '' : ', and without PLANTAIN_DATABASE_URL';
  if (pictures === undefined || (!isDatabase(to) && pictures.to === picturesOf(to)))
    return `${records}${without}`;
  const store =
    pictures.to === 's3'
      ? 'PLANTAIN_PICTURE_STORE=s3'
      : `PLANTAIN_PICTURE_STORE=shared, PLANTAIN_PICTURES_DIR=${pictures.to}`;
  return `${records}, ${store}${without}`;
}
