// The audit log as both stores have it: the statement of a list, and what a row means.

import type { AuditEntry, AuditQuery, StoredAuditEntry } from '../core/audit/audit.ts';
import { fromJson, type Row, toJson } from './rows.ts';

type Value = string | number;

/** Makes the statement of a list with its values; `placeOf` writes the parameter of a number from 1 on. */
export function auditList(
  query: AuditQuery,
  placeOf: (number: number) => string,
): { sql: string; values: Value[] } {
  const { act, who, subject, from, to, before, limit } = query;
  const values: Value[] = [];
  const place = (value: Value) => placeOf(values.push(value));
  const conditions = [
    ...(act === undefined ? [] : [`act = ${place(act)}`]),
    ...(who === undefined ? [] : [`who = ${place(who)}`]),
    ...(subject === undefined ? [] : [`subject = ${place(subject)}`]),
    ...(from === undefined ? [] : [`at >= ${place(from)}`]),
    ...(to === undefined ? [] : [`at < ${place(to)}`]),
    ...(before === undefined ? [] : [`(at, number) < (${place(before.at)}, ${place(before.number)})`]),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT * FROM audit ${where} ORDER BY at DESC, number DESC LIMIT ${place(limit)}`,
    values,
  };
}

/** Statement that stores an entry. The name of a key is found with it; `places` are the parameters of `auditValues`. */
export function auditInsert(places: readonly string[]): string {
  const [at, act, who, whoName, ...rest] = places;
  return `INSERT INTO audit (at, act, who, who_name, subject, before, after, address, request_id)
    VALUES (${at}, ${act}, ${who}, coalesce(${whoName}, (SELECT name FROM api_keys WHERE id = ${who})), ${rest.join(', ')})`;
}

/** Values of an entry in the order of its columns. */
export function auditValues(entry: AuditEntry) {
  const { at, act, who, whoName, subject, before, after, address, requestId } = entry;
  return [at, act, who, whoName, subject, toJson(before), toJson(after), address, requestId] as const;
}

export function toAuditEntry(row: Row): StoredAuditEntry {
  return {
    number: row['number'] as number,
    at: row['at'] as number,
    act: row['act'] as StoredAuditEntry['act'],
    who: row['who'] as string,
    whoName: row['who_name'] as string | null,
    subject: row['subject'] as string | null,
    before: fromJson(row['before']) as StoredAuditEntry['before'],
    after: fromJson(row['after']) as StoredAuditEntry['after'],
    address: row['address'] as string | null,
    requestId: row['request_id'] as string | null,
  };
}
