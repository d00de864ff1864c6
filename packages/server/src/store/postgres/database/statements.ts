// How the store asks PostgreSQL: rows with numbers instead of bigints, and statements that a connection prepares once.

import { hash } from 'node:crypto';
import { type ClientBase, type CustomTypesConfig, types } from 'pg';
import type { Row } from '../../rows.ts';

/** Runs one statement and gives its rows. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Object identifiers of the types bigint and numeric (`pg_type`): times and counts, all of which are exact as numbers. */
const numeric = new Set([types.builtins.INT8, types.builtins.NUMERIC]);

const rowTypes: CustomTypesConfig = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    numeric.has(type) ? Number : types.getTypeParser(type, format),
};

/**
 * Names of statements by their text. They are the project's own and few, so none is ever forgotten. A name is made of the text alone: a pooler
 * between may hand a connection on to another process, whose statement of the same name has to be the same. The number behind it grows when
 * statements have to be prepared anew.
 */
const names = new Map<string, string>();
let generation = 0;

/** Has every statement prepared anew, under another name: the columns of a table have changed under those that were. */
export function prepareAnew(): void {
  generation += 1;
  names.clear();
}

/** `prepared`: whether the connection keeps the statement for the next time, which a pooler between may not allow. */
export function queryOn(connection: Pick<ClientBase, 'query'>, prepared: () => boolean): Query {
  return async (text, values = []) => {
    const named = prepared() ? { name: nameOf(text) } : {};
    const { rows } = await connection.query({ text, values: [...values], ...named, types: rowTypes });
    return rows as Row[];
  };
}

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const number = generation === 0 ? '' : `_${generation}`;
  const name = `plantain_${hash('sha256', text, 'base64url').slice(0, 24)}${number}`;
  names.set(text, name);
  return name;
}
