// `npm run bench [-- quick] [-- NAME ...]`: the claims about speed, each against its limit in the same run. Prints each row as it is
// measured. A whole run also writes the table of `docs/bench.md`; one of some rows, or a quick one, does not.
// Server and load run on separate cores, in turn with the limit; what counts is the median of the ratios.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCommit, describeMachine, loadNow, requireMachine } from './machine.ts';
import { page, toLine, writePage } from './page.ts';
import { measurePickUp } from './rows/pick-up.ts';
import type { MeasureRows, Row } from './rows/row.ts';
import { measureSlowInputs } from './rows/slow-inputs.ts';
import { measureRecentStatus, measureStoredStatus } from './rows/status.ts';
import { measureSubmits } from './rows/submits.ts';
import { measureWholeTasks } from './rows/whole-tasks.ts';

const measures: Readonly<Record<string, MeasureRows>> = {
  status: measureRecentStatus,
  million: measureStoredStatus,
  submits: measureSubmits,
  'pick-up': measurePickUp,
  tasks: measureWholeTasks,
  'slow-inputs': measureSlowInputs,
};

const words = process.argv.slice(2);
const quick = words.includes('quick');
const named = words.filter((word) => word !== 'quick');
const names = named.length === 0 ? Object.keys(measures) : named;
const rounds = quick ? 3 : 11;
const seconds = quick ? 2 : 3;

const unknown = named.filter((name) => !(name in measures));
if (unknown.length > 0) {
  console.error(`No such rows: ${unknown.join(', ')}. There are ${Object.keys(measures).join(', ')}.`);
  process.exit(2);
}
requireMachine();
const begun = describeRun();
console.log(`${begun}.\n\n${toLine()}`);
const rows: Row[] = [];
for (const name of names) rows.push(...(await measureAndPrint(name)));
if (named.length === 0 && !quick) writePage(`${begun}, ${loadNow()} after it.`, rows);
process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;

async function measureAndPrint(name: string): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-'));
  try {
    const made = (await measures[name]?.({ directory: join(directory, name), rounds, seconds, quick })) ?? [];
    for (const row of made) console.log(toLine(row));
    return made;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function describeRun(): string {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `${date} UTC, ${describeCommit(page)}, Node ${process.version}: ${rounds} rounds of ${seconds} s, 64 connections, medians. ${describeMachine()}; a load of ${loadNow()} before the run`;
}
