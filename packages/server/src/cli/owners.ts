// `plantain-server owners`: works on the data directory or the database, whether a server runs on it or not.

import { openKeys } from '../composition/commands.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import { RequestError } from '../core/errors.ts';
import { createStandingsOf, ownerSubject, type StandingsOf } from '../core/limits/standing.ts';
import type { OwnerPosition, OwnerStore } from '../core/owners/owner-store.ts';
import { changeOwner, deleteOwner, foundOwner, makeOwner } from '../http/routes/admin/owner-acts.ts';
import { newOwnerMembers, ownerChangeMembers } from '../http/routes/admin/owner-routes.ts';
import { readMembers } from '../http/route/members.ts';
import { readLimitedData } from '../http/views/limited-view.ts';
import { ownerData } from '../http/views/owner-view.ts';
import { actByCommand } from './act-by-command.ts';
import { budgetItems } from './budget-items.ts';
import { ownerBody, ownerFlags } from './key-flags.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

const clock = { now: Date.now };

interface Context {
  store: Awaited<ReturnType<typeof openKeys>>;
  standingsOf: StandingsOf;
}

export async function ownersCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  const run = { create, list, show, set, delete: remove }[action ?? ''];
  if (run === undefined) throw new UsageError('owners takes one of create, list, show, set, delete.');
  const { config } = readConfig(environment);
  const store = await openKeys(config);
  const standingsOf = createStandingsOf({ store, defaults: defaultLimits(config), clock });
  try {
    await run({ store, standingsOf }, rest);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await store.close();
  }
}

/** Only the id goes to stdout, so that a script can make keys of the owner. */
async function create({ store }: Context, args: string[]): Promise<void> {
  const { values } = readArguments({ args, options: ownerFlags });
  if ((values.name ?? '') === '') throw new UsageError('owners create needs --name.');
  const given = readMembers(newOwnerMembers, ownerBody(values));
  console.log(await makeOwner({ store, clock }, given, actByCommand('owner.create')));
}

async function list({ store, standingsOf }: Context, args: string[]): Promise<void> {
  readArguments({ args, options: {} });
  let after: OwnerPosition | null = null;
  do {
    const owners: Awaited<ReturnType<OwnerStore['listOwners']>> = await store.listOwners({
      after,
      limit: 200,
    });
    const limitedOf = await readLimitedData(store, standingsOf, owners.map(ownerSubject));
    for (const { id, name, weight, keyCount, lastUsedAt } of owners) {
      const used =
        lastUsedAt === null ? 'never used' : `used ${new Date(lastUsedAt).toISOString().slice(0, 10)}`;
      const keys = `${keyCount} ${keyCount === 1 ? 'key' : 'keys'}`;
      const rest = [...budgetItems(limitedOf(id)), JSON.stringify(name)];
      console.log([id, `weight ${weight}`, keys, used, ...rest].join('  '));
    }
    after = owners.at(-1) ?? null;
  } while (after !== null);
}

async function show({ store, standingsOf }: Context, args: string[]): Promise<void> {
  const id = onlyId('show', args);
  const owner = await foundOwner(store, id);
  const limitedOf = await readLimitedData(store, standingsOf, [ownerSubject(owner)]);
  console.log(JSON.stringify(ownerData(owner, limitedOf(id)), null, 2));
}

async function set({ store }: Context, args: string[]): Promise<void> {
  const { values, positionals } = readArguments({ args, options: ownerFlags, allowPositionals: true });
  const id = onlyId('set', positionals);
  const change = readMembers(ownerChangeMembers, ownerBody(values));
  await foundOwner(store, id);
  await changeOwner(store, id, change, actByCommand('owner.change'));
  console.error(`Changed ${id}. A running server knows that at the next submit.`);
}

async function remove({ store }: Context, args: string[]): Promise<void> {
  const id = onlyId('delete', args);
  await deleteOwner({ store, clock }, id, actByCommand('owner.delete'));
  console.error(`Deleted ${id}. Its keys are revoked; a running server deletes its tasks and pictures.`);
}

function onlyId(action: string, positionals: readonly string[]): string {
  const [id] = positionals;
  if (id === undefined || positionals.length > 1)
    throw new UsageError(`owners ${action} takes one owner id; "owners list" shows them.`);
  return id;
}
