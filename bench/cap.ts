// `npm run cap [-- SUBMITS ROOM ROUNDS] [-- page]`: submits at once, of a key whose budget has room for some of them: on one server with its data folder, on
// one on PostgreSQL, and over three on one database. Not one may be accepted beyond the budget, and not one refused within it. `page` writes the table into
// docs/money.md.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateAt } from 'plantain-server/src/store/postgres/database/migrate.ts';
import { startPostgres } from 'plantain-server/src/store/postgres/database/server.fixture.ts';
import { type CapRow, holds, runCap, tableOf } from './cap/run-cap.ts';
import { writeTable } from './cap/page.ts';
import { describeCommit, describeMachine } from './machine.ts';

const words = process.argv.slice(2);
const [submits = 200, room = 30, rounds = 5] = words.filter((word) => /^\d+$/.test(word)).map(Number);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const directory = mkdtempSync(join(tmpdir(), 'plantain-cap-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
// It syncs its log, as a database for money does.
const postgres = await startPostgres(['-c', 'max_connections=200']);
const rows: CapRow[] = [];
try {
  await migrateAt(postgres.urlOf('postgres'));
  const url = postgres.urlOf('postgres');
  for (const { servers, databaseUrl } of [
    { servers: 1, databaseUrl: undefined },
    { servers: 1, databaseUrl: url },
    { servers: 3, databaseUrl: url },
  ])
    rows.push(...(await runCap({ directory, servers, databaseUrl, submits, room, rounds })));
} finally {
  await postgres.stop();
}
const table = tableOf(rows);
console.log(table);
const isRight = rows.every(holds);
console.log(isRight ? 'The cap held.' : 'THE CAP DID NOT HOLD.');
if (isRight && words.includes('page')) {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  await writeTable(
    `${date} UTC, ${describeCommit('docs/money.md')}, Node ${process.version}. ${describeMachine()}.`,
    table,
  );
}
process.exitCode = isRight ? 0 : 1;
