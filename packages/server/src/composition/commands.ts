// Opens what the commands beside a server work on: its keys and owners, its ledger and audit log, and the secrets of its links. In the data directory, or
// in the database of the settings.

import { resolve } from 'node:path';
import type { Config } from '../config/settings.ts';
import type { AuditStore } from '../core/audit/audit.ts';
import { linkSecretFile, rotateSecret } from '../pictures/stores/signing.ts';
import { nameOfDatabase } from '../store/postgres/database/address.ts';
import { openSqliteAudit } from '../store/sqlite/audit-store.ts';
import { openSqliteLedger } from '../store/sqlite/ledger/ledger-store.ts';
import type { KeysOfCommand, LedgerOfCommand } from '../store/store.ts';
import { openSqliteKeys } from '../store/sqlite/key-store.ts';

type CommandAudit = Pick<AuditStore, 'appendAudit' | 'listAudit'>;
type Where = Pick<Config, 'database_url' | 'data_dir'>;

/** Says where the records lie, for the operator: a path, or a database without its user and password. */
export function placeOf({ database_url: url, data_dir: directory }: Where): string {
  if (url === undefined) return resolve(directory);
  return `the database ${nameOfDatabase(url)}`;
}

/** Opens the keys and their owners. The caller closes them. */
export async function openKeys({
  database_url: url,
  data_dir: directory,
}: Where): Promise<KeysOfCommand & { close(): void | Promise<void> }> {
  if (url === undefined) return openSqliteKeys(directory);
  const { openPostgresKeys } = await import('../store/postgres/commands.ts');
  return await openPostgresKeys(url);
}

/** Opens the audit log. The caller closes it. */
export async function openAudit({
  database_url: url,
  data_dir: directory,
}: Where): Promise<CommandAudit & { close(): void | Promise<void> }> {
  if (url === undefined) return openSqliteAudit(directory);
  const { openPostgresAudit } = await import('../store/postgres/commands.ts');
  return await openPostgresAudit(url);
}

/** Opens the ledger. The caller closes it. */
export async function openLedger({
  database_url: url,
  data_dir: directory,
}: Where): Promise<LedgerOfCommand & { close(): void | Promise<void> }> {
  if (url === undefined) return openSqliteLedger(directory);
  const { openPostgresLedger } = await import('../store/postgres/commands.ts');
  return await openPostgresLedger(url);
}

/** Draws a new secret for links. */
export async function rotateLinkSecret({ database_url: url, data_dir: directory }: Where): Promise<void> {
  if (url === undefined) return await rotateSecret(linkSecretFile(directory));
  const { rotateSecretsAt } = await import('../store/postgres/commands.ts');
  await rotateSecretsAt(url);
}
