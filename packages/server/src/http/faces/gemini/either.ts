// Members of Google's JSON. Protocol buffers take each by its name in lowerCamelCase and by that of the schema, with underscores.
// https://protobuf.dev/programming-guides/json/

import type { Fault } from '../../../core/errors.ts';
import type { Fields } from '../../body/body-fields.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';

/** Member with its path as the client spells it. */
export interface Member {
  path: string;
  /** `undefined` where the client said nothing; null means the same. */
  value: unknown;
}

export interface Findings {
  faults: Fault[];
  warnings: string[];
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);

/** Finds a member of the object at `at`, by its name in lowerCamelCase. */
export function either(object: Fields, name: string, at = ''): Member {
  const underscored = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const spelled = [name, underscored].find((each) => given(object, each)) ?? name;
  const value = Object.hasOwn(object, spelled) ? object[spelled] : undefined;
  return { path: at === '' ? spelled : `${at}.${spelled}`, value: value ?? undefined };
}

const given = (object: Fields, name: string) =>
  Object.hasOwn(object, name) && object[name] !== null && object[name] !== undefined;

/** Finds a member that is an object; any other value is a fault. */
export function eitherObject(
  object: Fields,
  name: string,
  at: string,
  { faults }: Findings,
): { path: string; object: Fields } {
  const { path, value = {} } = either(object, name, at);
  if (isObject(value)) return { path, object: value };
  faults.push({ path, message: 'must be an object' });
  return { path, object: {} };
}

const maxWarnings = 100;

/** Adds a warning for each member of the object that is not among `known`, which are in lowerCamelCase. */
export function warnOfOthers(
  object: Fields,
  at: string,
  known: readonly string[],
  { warnings }: Findings,
): void {
  // A client may send thousands of objects, and one list of warnings is as good as another.
  if (warnings.length > maxWarnings) return;
  const others = Object.keys(object).filter(
    (name) =>
      given(object, name) &&
      !known.includes(name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())),
  );
  warnings.push(...ignoredWarnings(others.map((name) => (at === '' ? name : `${at}.${name}`))));
}
