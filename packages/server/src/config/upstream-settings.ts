// The three settings that only the file can hold: upstreams, routes and prices, as they are written. What they come to is
// worked out in `resolve-upstreams.ts`; here is only what can be said of an entry by itself.

import { createHash } from 'node:crypto';
import * as z from 'zod';
import { upstreamKinds } from '../core/models/models.ts';
import {
  dollars,
  key,
  mapping,
  mappingOf,
  oneOf,
  positiveNumber,
  text,
  timeZone,
  webAddress,
  wholeNumber,
} from './value-types.ts';

/** Names of upstreams and of keys. One letter at least: a mapping whose names are numbers is read in the order of the numbers. */
const plainName = /^(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,39}$/;
export const plainNameRule =
  'is named with at most 40 lower-case letters (one at least), digits, - and _, a letter or digit first';

export function isPlainName(name: string): boolean {
  return plainName.test(name);
}

const limits = {
  concurrency: wholeNumber(1, 10_000).optional(),
  requests_per_minute: wholeNumber(1, 1_000_000).optional(),
  pictures_per_minute: wholeNumber(1, 1_000_000).optional(),
  requests_per_day: wholeNumber(1, 1_000_000_000).optional(),
};
const limitsMapping = mapping(limits);
export type LimitsEntry = z.output<typeof limitsMapping>;

const keyEntry = z.preprocess(
  (value) => (typeof value === 'string' ? { key: value } : value),
  mapping({
    name: z.string('must be text').regex(plainName, plainNameRule).optional(),
    key: key.optional(),
    env: z
      .string('must be the name of a variable')
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable')
      .optional(),
    ...limits,
  }).refine(
    (entry) => (entry.key === undefined) !== (entry.env === undefined),
    'must have either key, which is the key itself, or env, which names the variable that holds it',
  ),
);
export type KeyEntry = z.output<typeof keyEntry>;

const quotaReset = mapping({
  at: z
    .string('must be a time of day such as "00:00"')
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "00:00"')
    .optional(),
  time_zone: timeZone.optional(),
});

const upstreamEntry = z.preprocess(
  // A name with nothing behind it stands for an upstream without settings of its own.
  (value) => value ?? {},
  mapping({
    kind: oneOf(...upstreamKinds, 'sandbox').optional(),
    base_url: webAddress.optional(),
    key: keyEntry.optional(),
    keys: z.array(keyEntry, 'must be a list of keys').min(1, 'must have at least one key').optional(),
    timeout_seconds: wholeNumber(1, 3_600).optional(),
    ...limits,
    quota_reset: quotaReset.optional(),
    per_key: limitsMapping.optional(),
  }).refine(
    (entry) => entry.key === undefined || entry.keys === undefined,
    'has both key and keys; one of them is enough',
  ),
);
export type UpstreamEntry = z.output<typeof upstreamEntry>;

const routeEntry = mapping({
  upstream: z.string('must be the name of an upstream'),
  model: text('must be the name of a model at that upstream', 200).optional(),
  weight: positiveNumber.optional(),
});
export type RouteEntry = z.output<typeof routeEntry>;

const dollarsBySize = mapping({
  '512': dollars.exactOptional(),
  '1K': dollars.exactOptional(),
  '2K': dollars.exactOptional(),
  '4K': dollars.exactOptional(),
});

const dollarsOfPicture = z.union(
  [dollars, dollarsBySize],
  'must be a price in US dollars, or one for each of the sizes 512, 1K, 2K, 4K',
);

const priceEntry = mapping({
  input: dollars.optional(),
  input_image: dollars.optional(),
  output: dollars.optional(),
  output_image: dollars.optional(),
  picture: dollarsOfPicture.optional(),
});

export const upstreamEntries = mappingOf(upstreamEntry);
export const routeEntries = mappingOf(
  z.array(routeEntry, 'must be a list of upstreams').min(1, 'must have at least one upstream'),
);
export const priceEntries = mappingOf(priceEntry);
export const sellingPriceEntries = mappingOf(dollarsOfPicture);

/** Label of a key that has no name of its own: enough to tell keys apart, and no way back to the key. */
export function labelOf(secret: string): string {
  const digest = createHash('sha256').update(`plantain upstream key ${secret}`).digest('hex');
  return `key_${digest.slice(0, 8)}`;
}

/** The entries as they may be shown: a label in the place of every key. */
export function hideKeys(entries: Readonly<Record<string, UpstreamEntry>>): Record<string, unknown> {
  const hide = ({ key: secret, ...entry }: KeyEntry) =>
    secret === undefined ? entry : { name: labelOf(secret), ...entry };
  return Object.fromEntries(
    Object.entries(entries).map(([name, { key: one, keys, ...rest }]) => [
      name,
      {
        ...rest,
        ...(one === undefined ? {} : { key: hide(one) }),
        ...(keys === undefined ? {} : { keys: keys.map(hide) }),
      },
    ]),
  );
}
