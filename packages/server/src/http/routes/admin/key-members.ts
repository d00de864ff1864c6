// Members of bodies that make and change API keys.

import * as z from 'zod';
import { maxKeyNameLength, maxPriority } from '../../../core/keys/keys.ts';
import { readNetwork } from '../../../core/keys/networks.ts';
import { scopes } from '../../../core/keys/scopes.ts';
import type { Fault } from '../../../core/errors.ts';
import type { ModelTable } from '../../../core/models/models.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { members } from '../../route/members.ts';
import { latestSeconds, timeFault, wholeNumber } from '../../route/number-members.ts';
import { limitedMembers } from './limited-members.ts';

const maxListed = 100;
const nameRule = `must have 1 to ${maxKeyNameLength} characters`;
export const wrongName = 'must be a string';
/** Name of a key or an owner. */
export const nameMember = z
  .string(wrongName)
  .trim()
  .min(1, nameRule)
  .max(maxKeyNameLength, nameRule)
  .meta({ description: 'For people', examples: ['the shop'] });
const asNumber = (value: unknown) => (typeof value === 'string' ? Number(value || Number.NaN) : value);

const expiresAt = (now: number) =>
  wholeNumber(timeFault, { read: asNumber })
    .pipe(
      z
        .int()
        .min(unixSeconds(now) + 1, 'must lie ahead')
        .max(latestSeconds, timeFault),
    )
    .nullable()
    .meta({ description: 'Unix seconds; null for never' });

const listRule = `must be a list of 1 to ${maxListed}`;
const listOf = <Each extends z.ZodType>(each: Each) =>
  z.array(each, listRule).min(1, listRule).max(maxListed, listRule);
const networkRule = 'must be a network such as 10.0.0.0/8, or an address';

const rights = {
  owner_id: z
    .string('must be the id of an owner')
    .nullable()
    .meta({ description: 'Owner of the key; null for a key that is its own', examples: ['own_Q2hlZXJz'] }),
  scopes: listOf(z.enum(scopes, `must be one of ${scopes.join(', ')}`)).meta({
    description: 'What the key may do: admin is everything',
    examples: [['tasks', 'read']],
  }),
  models: listOf(z.string('must be the name of a model'))
    .nullable()
    .meta({ description: 'Models that it may use, by any of their names; null for all' }),
  networks: listOf(
    z
      .string(networkRule)
      .refine((text) => readNetwork(text) !== null, networkRule)
      .transform((text) => readNetwork(text) ?? text),
  )
    .nullable()
    .meta({ description: 'Networks that it may be used from; null for all', examples: [['10.0.0.0/8']] }),
  priority_max: wholeNumber(`must be a whole number from 0 to ${maxPriority}`, {
    min: 0,
    max: maxPriority,
  }).meta({ description: 'Highest priority that its submits may ask for', default: 0 }),
};

/** Members that make a key; `now` in Unix milliseconds, as an end has to lie ahead. */
export function newKeyMembers(now: number) {
  const most = latestSeconds - Math.ceil(now / 1000);
  const rule = `must be a whole number from 1 to ${most}`;
  return members(
    {
      name: nameMember,
      role: z.enum(['user', 'admin'], 'must be user or admin').meta({
        description: 'An older word for the scopes: an admin may do everything here',
        default: 'user',
      }),
      ...rights,
      expires_at: expiresAt(now),
      expires_in_seconds: wholeNumber(rule, { read: asNumber })
        .pipe(z.int().min(1, rule).max(most, rule))
        .nullable()
        .meta({ description: 'Seconds from now on, instead of expires_at' }),
      ...limitedMembers,
    },
    { needed: { name: wrongName } },
  );
}

export const keyChangeMembers = (now: number) =>
  members({ name: nameMember, ...rights, expires_at: expiresAt(now), ...limitedMembers });

const maxOverlapSeconds = 90 * 24 * 3_600;
const overlapRule = `must be a whole number from 0 to ${maxOverlapSeconds}`;
export const rollMembers = members({
  overlap_seconds: wholeNumber(overlapRule, { min: 0, max: maxOverlapSeconds }).meta({
    description: 'How long the secret before is still taken',
    default: 0,
  }),
});

/** Gives models by their own names; what is none is a fault. */
export function readModels(
  names: readonly string[] | null | undefined,
  models: ModelTable,
  faults: Fault[],
): string[] | null | undefined {
  return (
    names?.map((name, index) => {
      const found = models.find(name);
      if (found === undefined)
        faults.push({
          path: `models[${index}]`,
          message: 'is no model of this server; GET /api/models lists them',
        });
      return found?.name ?? name;
    }) ?? (names === null ? null : undefined)
  );
}
