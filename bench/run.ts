// `npm run bench [-- postgres] [-- quick] [-- large] [-- NAME ...]`: the claims about speed, each against its limit in the same run, of
// the embedded database or of PostgreSQL. Prints each row as it is measured. A whole run also writes its table of `docs/bench.md`; one of
// some rows, or a quick one, does not. Server and load run on separate cores, in turn with the limit; what counts is the median of the ratios.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCommit, describeMachine, loadNow, requireMachine } from './machine.ts';
import { page, toLine, writePage } from './page.ts';
import { type BenchPostgres, startBenchPostgres } from './postgres/server.ts';
import { measureLimitedStatus } from './rows/limited-status.ts';
import { measurePickUp } from './rows/pick-up.ts';
import { postgresMeasures } from './rows/postgres/measures.ts';
import type { MeasureRows, Row } from './rows/row.ts';
import { measureSlowInputs } from './rows/slow-inputs.ts';
import { measureRecentStatus, measureStoredStatus } from './rows/status.ts';
import { measureSubmits } from './rows/submits.ts';
import { measureWholeTasks } from './rows/whole-tasks.ts';
import { sayStep } from './rows/progress.ts';

const measures: Readonly<Record<string, MeasureRows>> = {
  status: measureRecentStatus,
  limited: measureLimitedStatus,
  million: measureStoredStatus,
  submits: measureSubmits,
  'pick-up': measurePickUp,
  tasks: measureWholeTasks,
  'slow-inputs': measureSlowInputs,
};

const words = process.argv.slice(2);
const [onPostgres, quick, large] = ['postgres', 'quick', 'large'].map((word) => words.includes(word));
const named = words.filter((word) => !['postgres', 'quick', 'large'].includes(word));
const all = Object.keys(onPostgres === true ? postgresMeasures : measures);
/** Rows that have a large form. */
const largeOnes = ['snapshot', 'queue'];
const names = named.length > 0 ? named : large === true ? largeOnes : all;
const rounds = quick === true ? 3 : onPostgres === true ? 5 : 11;
const seconds = quick === true ? 2 : 3;

const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No such rows: ${unknown.join(', ')}. There are ${all.join(', ')}.`);
  process.exit(2);
}
requireMachine();
const begun = describeRun();
console.log(`${begun}.\n\n${toLine()}`);
const rows = await measureAll();
if (named.length === 0 && quick !== true) {
  const command = [
    'npm run bench',
    ...(onPostgres === true ? ['postgres'] : []),
    ...(large === true ? ['large'] : []),
  ].join(' ');
  writePage(command, `${begun}, ${loadNow()} after it.`, rows);
}
process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;

async function measureAll(): Promise<Row[]> {
  const postgres = onPostgres === true ? await startBenchPostgres() : undefined;
  const made: Row[] = [];
  try {
    for (const name of names) made.push(...(await measureAndPrint(name, postgres)));
  } finally {
    await postgres?.stop();
  }
  return made;
}

async function measureAndPrint(name: string, postgres: BenchPostgres | undefined): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-'));
  const options = { directory: join(directory, name), rounds, seconds, quick: quick === true };
  sayStep(`measuring ${name} ...`);
  try {
    const made =
      postgres === undefined
        ? await measures[name]?.(options)
        : await postgresMeasures[name]?.({ ...options, postgres, large: large === true });
    for (const row of made ?? []) console.log(toLine(row));
    return made ?? [];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function describeRun(): string {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `${date} UTC, ${describeCommit(page)}, Node ${process.version}: ${rounds} rounds of ${seconds} s, 64 connections, medians. ${describeMachine()}; a load of ${loadNow()} before the run`;
}
