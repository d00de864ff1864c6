// Flags of commands about keys and owners, as the members of the bodies that make and change them over HTTP: both are read by the same
// validators.

import { UsageError } from './usage.ts';

const text = { type: 'string' } as const;
const limited = { limit: { type: 'string', multiple: true }, budget: text } as const;
export const keyFlags = {
  name: text,
  owner: text,
  scopes: text,
  models: text,
  networks: text,
  'priority-max': text,
  ...limited,
} as const;
export const ownerFlags = { name: text, weight: text, shared: text, ...limited } as const;

type Given = Readonly<Record<string, string | boolean | string[] | undefined>>;

/** Stands for nothing: an owner, models, networks or a budget that a key has not. */
const none = 'none';

/** Gives the members that flags of a key stand for. Throws `UsageError`. */
export function keyBody(given: Given): Record<string, unknown> {
  const { name, owner, scopes, models, networks } = given;
  return defined({
    name,
    owner_id: owner === none ? null : owner,
    scopes: listOf(scopes) ?? undefined,
    models: listOf(models),
    networks: listOf(networks),
    priority_max: given['priority-max'],
    ...limitedBody(given),
  });
}

/** Gives the members that flags of an owner stand for. Throws `UsageError`. */
export function ownerBody(given: Given): Record<string, unknown> {
  const { name, weight, shared } = given;
  return defined({ name, weight, shared, ...limitedBody(given) });
}

function limitedBody({ limit, budget }: Given): Record<string, unknown> {
  return { limits: limitsBody(limit), budget: budgetBody(budget) };
}

function listOf(value: Given[string]): string[] | null | undefined {
  if (typeof value !== 'string') return undefined;
  return value === none ? null : value.split(',').map((each) => each.trim());
}

/** Of `running=3`, or `running=none`. */
function limitsBody(given: Given[string]): Record<string, unknown> | null | undefined {
  if (!Array.isArray(given)) return undefined;
  if (given.length === 1 && given[0] === none) return null;
  return Object.fromEntries(
    given.map((each) => {
      const [name = '', value] = each.split('=');
      if (value === undefined) throw new UsageError('--limit takes NAME=NUMBER, NAME=none, or none for all.');
      return [name, value === none ? null : value];
    }),
  );
}

/** Of `month:5000000:Europe/Berlin`. */
function budgetBody(given: Given[string]): Record<string, unknown> | null | undefined {
  if (typeof given !== 'string') return undefined;
  if (given === none) return null;
  const [period, amount, zone] = given.split(':');
  return defined({ period, amount_micro_usd: amount, time_zone: zone });
}

function defined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
