// Wire form of usage reports, as JSON and as CSV. Long ones are written in pieces, so that others have their turns.

import { setImmediate } from 'node:timers/promises';
import type { AdminUsageRowData, AdminUsageSumsData, UsageRowData, UsageSumsData } from '@plantain/client';
import type { UsageRow, UsageSums } from '../../core/usage/usage.ts';
import { dayText } from '../../lib/time/days.ts';
import { csvLine } from './csv.ts';

/** Names of keys and owners by their ids. */
export type NameOf = (id: string) => string | null;

export function sumsData(sums: UsageSums): UsageSumsData {
  const { submitted, succeeded, failed, cancelled, pictures, chargedMicroUsd, reservedMicroUsd } = sums;
  return {
    submitted,
    succeeded,
    failed,
    cancelled,
    pictures,
    charged_micro_usd: chargedMicroUsd,
    reserved_micro_usd: reservedMicroUsd,
  };
}

export function adminSumsData(sums: UsageSums): AdminUsageSumsData {
  return { ...sumsData(sums), cost_micro_usd: sums.costMicroUsd };
}

export function rowData(row: UsageRow): UsageRowData {
  const { day, model } = row;
  return {
    ...(day === undefined ? {} : { day: dayText(day) }),
    ...(model === undefined ? {} : { model }),
    ...sumsData(row),
  };
}

export function adminRowData(row: UsageRow, nameOf: { owner: NameOf; key: NameOf }): AdminUsageRowData {
  const { owner, key, upstream } = row;
  return {
    ...(owner === undefined ? {} : { owner_id: owner, owner_name: nameOf.owner(owner) }),
    ...(key === undefined ? {} : { key_id: key, key_name: nameOf.key(key) }),
    ...(upstream === undefined ? {} : { upstream }),
    ...rowData(row),
    ...adminSumsData(row),
  };
}

const rowsAtOnce = 500;

async function inPieces<Row>(
  rows: readonly Row[],
  write: (some: readonly Row[]) => string,
): Promise<string[]> {
  const pieces: string[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    pieces.push(write(rows.slice(at, at + rowsAtOnce)));
    await setImmediate();
  }
  return pieces;
}

/** Makes the JSON of a report. */
export async function reportText(
  { from, to }: { from: number; to: number },
  rows: readonly object[],
  total: object,
): Promise<string> {
  const pieces = await inPieces(rows, (some) => some.map((row) => JSON.stringify(row)).join());
  const days = JSON.stringify({ from: dayText(from), to: dayText(to) }).slice(0, -1);
  return `${days},"rows":[${pieces.join()}],"total":${JSON.stringify(total)}}`;
}

/** Makes the CSV of rows that all have the members of `columns`, with a line of their names first. */
export async function reportCsv<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
): Promise<string> {
  const line = (row: Row) => csvLine(columns.map((column) => row[column] as string | number | null));
  const pieces = await inPieces(rows, (some) => some.map(line).join(''));
  return csvLine(columns) + pieces.join('');
}
