// A PostgreSQL store in a database of its own, which is copied from one that has the schema, or was another test's and is emptied.

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { Changes } from '../../../core/tasks/changes.ts';
import { createPostgresStore } from '../postgres-store.ts';
import { empty, large, shape } from './emptying.fixture.ts';

export const templateDatabase = 'plantain_template';

/** Address of a server on which every test may make databases; `null` where this machine has no PostgreSQL. */
export const postgresUrl = (): string | null => inject('postgresUrl');

/** Names of databases with the schema and no rows. They were dropped, as it looks to whoever knew them by the names that they had. */
const emptied: string[] = [];

/** Makes an empty database with the schema, or, of another template, with what that has. */
export async function createDatabase(
  template = templateDatabase,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = postgresUrl();
  if (server === null) throw new Error('There is no PostgreSQL on this machine.');
  const again = template === templateDatabase ? emptied.pop() : undefined;
  const name = again ?? newName();
  if (again === undefined) await command(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return { url: urlOf(server, name), drop: () => dropOrEmpty(server, name) };
}

const newName = () => `test_${randomBytes(8).toString('hex')}`;
const urlOf = (server: string, name: string) => Object.assign(new URL(server), { pathname: `/${name}` }).href;

async function dropOrEmpty(server: string, was: string): Promise<void> {
  const name = newName();
  try {
    await command(
      server,
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${was}';
       ALTER DATABASE ${was} RENAME TO ${name}`,
    );
  } catch {
    // Somebody has connected again.
    await command(server, `DROP DATABASE ${was} WITH (FORCE)`);
    return;
  }
  if (await isEmptied(server, name)) emptied.push(name);
  else await command(server, `DROP DATABASE ${name}`);
}

let shapeOfTemplate: Promise<unknown> | undefined;

/** Empties a database, unless a test has changed more than rows. */
async function isEmptied(server: string, name: string): Promise<boolean> {
  shapeOfTemplate ??= command(urlOf(server, templateDatabase), shape);
  const wanted = await shapeOfTemplate;
  return await connected(urlOf(server, name), async (query) => {
    const isAsMade = isDeepStrictEqual(await query(shape).catch(() => null), wanted);
    if (!isAsMade || (await query(large)).length > 0) return false;
    await query(empty);
    return true;
  });
}

/** Makes a database for the test that runs, and gives its address. */
export async function databaseOfTest(): Promise<string> {
  const { url, drop } = await createDatabase();
  onTestFinished(drop);
  return url;
}

export async function openOnPostgres(changes: Changes) {
  const { url, drop } = await createDatabase();
  return { store: createPostgresStore({ url, changes }).store, cleanUp: drop };
}

/** Runs a statement on a connection of its own, and gives its rows. */
export function command(url: string, sql: string): Promise<unknown[]> {
  return connected(url, (query) => query(sql));
}

async function connected<T>(
  url: string,
  work: (query: (sql: string) => Promise<unknown[]>) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (sql) => (await client.query(sql)).rows);
  } finally {
    await client.end();
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | null;
  }
}
