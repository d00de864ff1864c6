// `plantain-server keys`: works on the data directory or the database, whether a server runs on it or not.

import { isUsable } from '../core/keys/keys.ts';
import type { ApiKey, KeyStore } from '../core/keys/key-store.ts';
import type { SessionStore } from '../core/sessions/session-store.ts';
import { linkMs, makeSignInLink } from '../core/sessions/sessions.ts';
import { createStandingsOf, keySubject, type StandingsOf } from '../core/limits/standing.ts';
import { createModelTable } from '../core/models/models.ts';
import type { OwnerStore } from '../core/owners/owner-store.ts';
import { openKeys, placeOf } from '../composition/commands.ts';
import { servedModels } from '../composition/upstreams.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import { RequestError } from '../core/errors.ts';
import { changeKey, foundKey, type KeyActsParts, makeKey, rollKey } from '../http/routes/admin/key-acts.ts';
import { keyChangeMembers, newKeyMembers } from '../http/routes/admin/key-members.ts';
import { readMembers } from '../http/route/members.ts';
import { keyData } from '../http/views/key-view.ts';
import { readLimitedData } from '../http/views/limited-view.ts';
import { actByCommand } from './act-by-command.ts';
import { budgetItems } from './budget-items.ts';
import { keyBody, keyFlags } from './key-flags.ts';
import { createPublicUrl, signInAddress } from '../public-url.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

interface Context {
  store: KeyStore & OwnerStore & Pick<SessionStore, 'insertSignInLink'>;
  standingsOf: StandingsOf;
  config: Config;
  acts: KeyActsParts;
}

export async function keysCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  const run = { create, list, show, set, roll, link, revoke }[action ?? ''];
  if (run === undefined)
    throw new UsageError('keys takes one of create, list, show, set, roll, link, revoke.');
  const { config } = readConfig(environment);
  const store = await openKeys(config);
  const acts: KeyActsParts = {
    store,
    settings: { hasAdminKey: config.admin_key !== undefined },
    models: createModelTable(servedModels(config, [])),
    clock: { now: Date.now },
  };
  try {
    const standingsOf = createStandingsOf({ store, defaults: defaultLimits(config), clock: acts.clock });
    await run({ store, standingsOf, config, acts }, rest);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await store.close();
  }
}

const newFlags = { ...keyFlags, admin: { type: 'boolean' }, 'expires-in-days': { type: 'string' } } as const;

/** Seconds of `--expires-in-days`. */
function lifetimeOf(days: string | undefined): number | undefined {
  if (days === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('--expires-in-days takes a whole number of days.');
  return Number(days) * 86_400;
}

/** Makes a key. Only the secret goes to stdout, so that a script can store it; the rest goes to stderr. */
async function create({ config, acts }: Context, args: string[]): Promise<void> {
  const { values } = readArguments({ args, options: newFlags });
  if ((values.name ?? '') === '') throw new UsageError('keys create needs --name.');
  const seconds = lifetimeOf(values['expires-in-days']);
  const body = {
    ...keyBody(values),
    ...(values.admin === true ? { scopes: ['admin'] } : {}),
    ...(seconds === undefined ? {} : { expires_in_seconds: seconds }),
  };
  const given = readMembers(newKeyMembers(Date.now()), body);
  const { key, secret } = await makeKey(acts, given, actByCommand('key.create'));
  // A server on another directory or database, which perhaps only its own environment names, would refuse the key.
  console.error(
    `Made ${key.id} (${key.role}, "${key.name}") for the server on ${placeOf(config)}. The key is shown this once:`,
  );
  console.log(secret);
}

async function list({ store, standingsOf }: Context, args: string[]): Promise<void> {
  readArguments({ args, options: {} });
  const keys = await store.listKeys();
  const limitedOf = await readLimitedData(store, standingsOf, keys.map(keySubject));
  for (const key of keys) {
    const used = key.lastUsedAt === null ? 'never used' : `used ${dayOf(key.lastUsedAt)}`;
    const owner = key.ownerId === null ? [] : [`of ${key.ownerId}`];
    const declared = key.declaredAs === null ? [] : [`declared as ${key.declaredAs}`];
    const rest = [...owner, ...declared, ...budgetItems(limitedOf(key.id)), JSON.stringify(key.name)];
    console.log([key.id, key.role, `${key.hint}…`, stateOf(key), used, ...rest].join('  '));
  }
}

async function show({ store, standingsOf }: Context, args: string[]): Promise<void> {
  const id = onlyId('show', args);
  const key = await foundKey(store, id);
  const limitedOf = await readLimitedData(store, standingsOf, [keySubject(key)]);
  console.log(JSON.stringify(keyData(key, limitedOf(id)), null, 2));
}

async function set({ acts }: Context, args: string[]): Promise<void> {
  const { values, positionals } = readArguments({ args, options: newFlags, allowPositionals: true });
  const id = onlyId('set', positionals);
  const { name: _name, ...rest } = keyBody(values);
  const seconds = lifetimeOf(values['expires-in-days']);
  const body = {
    ...rest,
    ...(values.name === undefined ? {} : { name: values.name }),
    ...(values.admin === true ? { scopes: ['admin'] } : {}),
    ...(seconds === undefined ? {} : { expires_at: Math.ceil(Date.now() / 1000) + seconds }),
  };
  if (Object.keys(body).length === 0) throw new UsageError('keys set needs something to set.');
  await changeKey(acts, id, readMembers(keyChangeMembers(Date.now()), body), actByCommand('key.change'));
  console.error(`Changed ${id}. A running server knows that within a second.`);
}

/** Only the new secret goes to stdout. */
async function roll({ acts }: Context, args: string[]): Promise<void> {
  const options = { 'overlap-seconds': { type: 'string' } } as const;
  const { values, positionals } = readArguments({ args, options, allowPositionals: true });
  const id = onlyId('roll', positionals);
  const overlap = values['overlap-seconds'] ?? '0';
  if (!/^\d{1,7}$/.test(overlap)) throw new UsageError('--overlap-seconds takes a whole number of seconds.');
  const secret = await rollKey(acts, id, { overlapMs: Number(overlap) * 1000 }, actByCommand('key.roll'));
  console.error(
    `Rolled ${id}; the secret before ${overlap === '0' ? 'ends now' : `ends in ${overlap} s`}. The new one is shown this once:`,
  );
  console.log(secret);
}

/** Prints a link that signs in to the console with the key. It alone goes to stdout. */
async function link({ store, config }: Context, args: string[]): Promise<void> {
  const { positionals } = readArguments({ args, options: {}, allowPositionals: true });
  const key = await foundKey(store, onlyId('link', positionals));
  if (!isUsable(key, Date.now()))
    throw new RequestError('conflict', `${key.id} was revoked or has expired, so nobody signs in with it.`);
  const secret = await makeSignInLink(store, { keyId: key.id, now: Date.now() }, actByCommand('key.link'));
  console.error(`Signs in to the console as ${key.id}, once, within ${linkMs / 60_000} minutes:`);
  console.log(signInAddress(createPublicUrl(config).current(), secret));
}

function onlyId(action: string, positionals: readonly string[]): string {
  const [id] = positionals;
  if (id === undefined || positionals.length > 1)
    throw new UsageError(`keys ${action} takes one key id; "keys list" shows them.`);
  return id;
}

async function revoke({ store }: Context, args: string[]): Promise<void> {
  const { positionals } = readArguments({ args, options: {}, allowPositionals: true });
  const id = onlyId('revoke', positionals);
  if (await store.revokeKey(id, Date.now(), actByCommand('key.revoke'))) {
    console.error(`Revoked ${id}. A running server refuses it within a second.`);
    return;
  }
  console.error(`There is no key ${id} that could be revoked; "keys list" shows them.`);
  process.exitCode = 1;
}

function stateOf(key: ApiKey): string {
  if (key.revokedAt !== null) return `revoked ${dayOf(key.revokedAt)}`;
  if (key.expiresAt === null) return `since ${dayOf(key.createdAt)}`;
  return `${isUsable(key, Date.now()) ? 'until' : 'expired'} ${dayOf(key.expiresAt)}`;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
