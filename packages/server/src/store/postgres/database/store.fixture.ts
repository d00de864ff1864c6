// A PostgreSQL store in a database of its own, which is copied from one that has the schema.

import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { Changes } from '../../../core/tasks/changes.ts';
import { createPostgresStore } from '../postgres-store.ts';

export const templateDatabase = 'plantain_template';

/** Address of a server on which every test may make databases; `null` where this machine has no PostgreSQL. */
export const postgresUrl = (): string | null => inject('postgresUrl');

/** Makes an empty database with the schema, or, of another template, with what that has. */
export async function createDatabase(
  template = templateDatabase,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = postgresUrl();
  if (server === null) throw new Error('There is no PostgreSQL on this machine.');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await command(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    drop: async () => void (await command(server, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
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
export async function command(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | null;
  }
}
