// Settings of declared keys and owners, which only the file can hold.

import * as z from 'zod';
import { maxPriority } from '../core/keys/keys.ts';
import { type DeclaredAccess, type DeclaredKey, type DeclaredOwner } from '../core/keys/declared-keys.ts';
import { readNetwork } from '../core/keys/networks.ts';
import { scopes, scopesOfRole } from '../core/keys/scopes.ts';
import { maxWeight, minWeight } from '../core/order/turns.ts';
import { budgetEntry, limitEntries, limitedOf } from './limit-settings.ts';
import type { Setting } from './setting.ts';
import { isPlainName, plainNameRule } from './upstream-settings.ts';
import { mapping, oneOf, text, trueOrFalse, wholeNumber } from './value-types.ts';

const id = z.string('must be text').refine(isPlainName, plainNameRule);
const name = text('must be text', 100);
const listOf = <Each extends z.ZodType>(each: Each) =>
  z.array(each, 'must be a list').min(1, 'must have at least one').max(100, 'must have at most 100');
const networkRule = 'must be a network such as 10.0.0.0/8, or an address';
const network = z
  .string(networkRule)
  .refine((value) => readNetwork(value) !== null, networkRule)
  .transform((value) => readNetwork(value) ?? value);

/** The year 10680, as for the times that calls take; what is far behind it can't be stored. */
const latestMoment = 2 ** 38 * 1000;
const momentRule = 'must be a date such as 2027-01-31, or Unix seconds';
/** A day or a moment in ISO 8601, or Unix seconds; read as Unix milliseconds. */
const moment = z
  .union([z.number(), z.iso.date(), z.iso.datetime({ offset: true, local: true })], momentRule)
  .transform((value) => (typeof value === 'number' ? value * 1000 : Date.parse(value)))
  .refine((value) => Number.isInteger(value) && value >= 0 && value <= latestMoment, momentRule);

const limited = { limits: limitEntries.optional(), budget: budgetEntry.optional() };
const keyEntry = mapping({
  id,
  name: name.optional(),
  hash: z
    .string('must be a SHA-256 in hex')
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex: 64 digits and letters from a to f'),
  owner: id.optional(),
  scopes: listOf(oneOf(...scopes)).optional(),
  models: listOf(z.string('must be the name of a model')).optional(),
  networks: listOf(network).optional(),
  priority_max: wholeNumber(0, maxPriority).optional(),
  expires_at: moment.optional(),
  ...limited,
});
const ownerEntry = mapping({
  id,
  name: name.optional(),
  weight: z
    .number('must be a number')
    .min(minWeight, `must be at least ${minWeight}`)
    .max(maxWeight, `must be at most ${maxWeight}`)
    .optional(),
  shared: trueOrFalse.optional(),
  ...limited,
});
type KeyEntry = z.output<typeof keyEntry>;
type OwnerEntry = z.output<typeof ownerEntry>;

export const declaredTable = {
  owners: {
    schema: z.array(ownerEntry, 'must be a list of owners'),
    default: [],
    variable: '',
    about:
      'Owners that the settings declare, each with `id`, `name`, `weight`, `shared`, `limits` and `budget`; [keys](keys.md#keys-in-the-settings) has what that means.',
  },
  keys: {
    schema: z.array(keyEntry, 'must be a list of keys'),
    default: [],
    variable: '',
    shown: (entries: readonly KeyEntry[]) => entries.map(({ hash: _hash, ...entry }) => entry),
    about:
      'API keys that the settings declare, each with `id` and the SHA-256 of its secret as `hash`, and with `name`, `owner`, `scopes`, `models`, `networks`, `priority_max`, `expires_at`, `limits` and `budget`; [keys](keys.md#keys-in-the-settings) has what that means.',
  },
} as const satisfies Record<string, Setting>;

/** Says which entries contradict one another. */
export function declaredFaults({
  owners = [],
  keys = [],
}: {
  readonly owners?: readonly OwnerEntry[];
  readonly keys?: readonly KeyEntry[];
}): string[] {
  const known = new Set(owners.map((owner) => owner.id));
  return [
    ...repeated('owners', owners, 'id'),
    ...repeated('keys', keys, 'id'),
    ...repeated('keys', keys, 'hash'),
    ...keys.flatMap(({ owner }, index) =>
      owner === undefined || known.has(owner) ? [] : [`keys[${index}].owner is none of those in owners`],
    ),
  ];
}

function repeated<Name extends string>(
  setting: string,
  entries: readonly Readonly<Record<Name, string>>[],
  member: Name,
): string[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const first = seen.get(entry[member]);
    if (first === undefined) seen.set(entry[member], index);
    return first === undefined ? [] : [`${setting}[${index}].${member} is that of ${setting}[${first}]`];
  });
}

/** Gives what is declared as the core has it; `modelOf` gives the name of a model by any of its names. */
export function declaredAccess(
  { owners, keys }: { readonly owners: readonly OwnerEntry[]; readonly keys: readonly KeyEntry[] },
  modelOf: (name: string, path: string) => string,
): DeclaredAccess {
  return {
    owners: owners.map((entry): DeclaredOwner => ({
      id: entry.id,
      name: entry.name ?? entry.id,
      weight: entry.weight ?? 1,
      shared: entry.shared ?? false,
      ...limitedOf(entry.limits ?? {}, entry.budget),
    })),
    keys: keys.map((entry, index): DeclaredKey => ({
      id: entry.id,
      name: entry.name ?? entry.id,
      hash: entry.hash,
      owner: entry.owner ?? null,
      scopes: entry.scopes ?? scopesOfRole.user,
      models: entry.models?.map((model, at) => modelOf(model, `keys[${index}].models[${at}]`)) ?? null,
      networks: entry.networks ?? null,
      priorityMax: entry.priority_max ?? 0,
      expiresAt: entry.expires_at ?? null,
      ...limitedOf(entry.limits ?? {}, entry.budget),
    })),
  };
}
