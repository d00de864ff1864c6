// `plantain-server keys`: works on the data directory or the database, whether a server runs on it or not.

import { isUsable, maxKeyNameLength, newSecret, storeKey } from '../core/keys/keys.ts';
import type { ApiKey, KeyStore } from '../core/keys/key-store.ts';
import { actByCommand } from './act-by-command.ts';
import { openKeys, placeOf } from '../composition/commands.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

export async function keysCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  const run = { create, list, revoke }[action ?? ''];
  if (run === undefined) throw new UsageError('keys takes one of create, list, revoke.');
  const { config } = readConfig(environment);
  const store = await openKeys(config);
  try {
    await run(store, rest, placeOf(config));
  } finally {
    await store.close();
  }
}

/** Makes a key. Only the secret goes to stdout, so that a script can store it; the rest goes to stderr. */
async function create(store: KeyStore, args: string[], place: string): Promise<void> {
  const { values } = readArguments({
    args,
    options: { name: { type: 'string' }, admin: { type: 'boolean' }, 'expires-in-days': { type: 'string' } },
  });
  const name = values.name ?? '';
  if (name === '' || name.length > maxKeyNameLength)
    throw new UsageError(`keys create needs --name, of at most ${maxKeyNameLength} characters.`);
  const days = values['expires-in-days'];
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days))
    throw new UsageError('--expires-in-days takes a whole number of days.');
  const secret = newSecret();
  const now = Date.now();
  const key = await storeKey(store, {
    secret,
    name,
    role: values.admin === true ? 'admin' : 'user',
    now,
    audited: actByCommand('key.create'),
    ...(days === undefined ? {} : { expiresAt: now + Number(days) * 86_400_000 }),
  });
  // A server on another directory or database, which perhaps only its own environment names, would refuse the key.
  console.error(
    `Made ${key.id} (${key.role}, "${name}") for the server on ${place}. The key is shown this once:`,
  );
  console.log(secret);
}

async function list(store: KeyStore, args: string[]): Promise<void> {
  readArguments({ args, options: {} });
  for (const key of await store.listKeys())
    console.log([key.id, key.role, `${key.hint}…`, stateOf(key), JSON.stringify(key.name)].join('  '));
}

async function revoke(store: KeyStore, args: string[]): Promise<void> {
  const { positionals } = readArguments({ args, options: {}, allowPositionals: true });
  const [id] = positionals;
  if (id === undefined || positionals.length > 1)
    throw new UsageError('keys revoke takes one key id; "keys list" shows them.');
  if (await store.revokeKey(id, Date.now(), actByCommand('key.revoke'))) {
    console.error(`Revoked ${id}. A running server refuses it within a second.`);
    return;
  }
  console.error(`There is no key ${id} that could be revoked; "keys list" shows them.`);
  process.exitCode = 1;
}

function stateOf(key: ApiKey): string {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  if (key.revokedAt !== null) return `revoked ${day(key.revokedAt)}`;
  if (key.expiresAt === null) return `since ${day(key.createdAt)}`;
  return `${isUsable(key, Date.now()) ? 'until' : 'expired'} ${day(key.expiresAt)}`;
}
