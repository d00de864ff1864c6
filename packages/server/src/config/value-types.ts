// The types of which settings are made. The environment has text only, so every one that is not text reads text too.
// Messages go behind a setting's name and say what would be taken, never what was given.

import * as z from 'zod';
import { isTimeZone } from '../lib/time/time-zone.ts';

/** No coercion: it would take `true` for 1, `[4]` for 4 and a blank for 0. */
const readNumber = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' ? Number(value) : value;

export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    readNumber,
    z
      .int({ error: 'must be a whole number', abort: true })
      .min(least, `must be at least ${least}`)
      .max(most, `must be at most ${most}`),
  );

export const positiveNumber = z.preprocess(
  readNumber,
  z.number('must be a number').positive('must be above 0'),
);

/** So low that sums of thousands of them in micro-dollars are exact. */
const maxDollars = 1_000_000;

export const dollars = z.preprocess(
  readNumber,
  z
    .number('must be a price in US dollars')
    .nonnegative('must be at least 0')
    .max(maxDollars, `must be at most ${maxDollars}`),
);

export const oneOf = <const T extends readonly string[]>(...values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** The environment has the words. */
export const trueOrFalse = z.preprocess(
  (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  z.boolean('must be true or false'),
);

export const text = (expected: string, longest: number) =>
  z
    .string(expected)
    .trim()
    .min(1, expected)
    .max(longest, `must have at most ${longest} characters`)
    .regex(/^\P{Cc}*$/u, expected);

const notATimeZone = 'must be a time zone such as America/Los_Angeles';
export const timeZone = z.string(notATimeZone).refine(isTimeZone, notATimeZone);

export const webAddress = z
  .string('must be a web address')
  .refine(
    (address) => ['http:', 'https:'].includes(URL.parse(address)?.protocol ?? ''),
    'must be an http or https address',
  )
  // Shown in logs and in `config`, so it is no place for a password; and what follows it would end up behind a query.
  .refine((address) => !/[?#@]/.test(address), 'must have no user name, query or fragment')
  .transform((address) => address.replace(/(?<!\/)\/+$/, ''));

/** The address may have a password, so the message says nothing of it. As curl takes it, one without a scheme is of http. */
export const proxyAddress = z
  .string('must be the address of a proxy')
  .trim()
  .transform((address) => (address.includes('://') ? address : `http://${address}`))
  .refine(
    (address) => /^https?:$/.test(URL.parse(address)?.protocol ?? '') && isDecodable(address),
    'must be the http or https address of a proxy; special characters of a password are written as %40 for @, %2F for / and %25 for %',
  );

const wholeAddress = 'must begin with postgres:// and be a whole address';
const specialCharacters =
  'special characters of a password are written as %40 for @, %2F for / and %25 for %';

/** The address has a password, so the message says nothing of it. */
export const databaseAddress = z
  .string('must be the address of a database')
  .trim()
  .refine(isDatabaseAddress, `${wholeAddress}; ${specialCharacters}`);

/** Address of a database, or `none`. */
export const databaseAddressOrNone = z
  .string('must be the address of a database, or none')
  .trim()
  .refine(
    (address) => address === 'none' || isDatabaseAddress(address),
    `${wholeAddress}, or be none; ${specialCharacters}`,
  );

/** A slash or a question mark within a password ends the host, and would have the rest of it shown as the name of the database. */
function isDatabaseAddress(address: string): boolean {
  const { protocol, pathname, search, hash } = URL.parse(address) ?? {};
  return (
    ['postgres:', 'postgresql:'].includes(protocol ?? '') &&
    !`${pathname}${search}${hash}`.includes('@') &&
    isDecodable(address)
  );
}

function isDecodable(address: string): boolean {
  try {
    decodeURIComponent(address);
    return true;
  } catch {
    return false;
  }
}

/** A key, which travels in a header and so has only characters that fit there. */
export const key = z
  .string('must be text')
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces');

/** One key, or several: a list, or text with commas between them. */
export const keyPool = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== '')
      : value,
  z.array(key, 'must be a key, or several').min(1, 'must be a key, or several'),
);

/** A mapping with these members and no other. */
export const mapping = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${describeUnknown(issue.keys)}; there are ${Object.keys(shape).join(', ')}`
        : 'must hold "name: value" lines',
  });

/** A mapping whose names are the operator's. */
export const mappingOf = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), value, 'must hold "name: value" lines');

/** A misspelt name is shown; anything else may be a key that ended up in the wrong place. */
function describeUnknown(names: readonly string[] = []): string {
  const shown = names.filter((name) => /^[a-z_]{1,40}$/.test(name));
  return shown.length === names.length
    ? `has no member ${shown.join(', ')}`
    : 'has a member that is no setting';
}
