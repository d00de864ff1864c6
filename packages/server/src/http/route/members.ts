// Members of bodies and query strings: what each must be, with the words of the reference beside it, and the one reader of them all.

import * as z from 'zod';
import type { Fault, RequestError } from '../../core/errors.ts';
import { invalid } from '../refusals/invalid.ts';
import { shorten } from '../submit/submit-names.ts';

export type Given = Readonly<Record<string, unknown>>;
export type MemberTable = Readonly<Record<string, z.ZodType>>;

export interface Members<Table extends MemberTable = MemberTable, Needed extends string = string> {
  table: Table;
  /** Members that have to be there, and what is said where one is not. */
  needed: Readonly<Record<Needed, string>>;
  /** Whether a member that is not in the table is a fault; else it is passed over. */
  refusesUnknown: boolean;
  /** Whether a value means that there is none. */
  isAbsent: (value: unknown, name: string) => boolean;
  /** Order in which faults are named: that of the request, or that of the table with what is unknown behind it. */
  order: 'given' | 'declared';
  refusal: (faults: Fault[]) => RequestError;
}

export type Values<Table extends MemberTable, Needed extends string = never> = {
  [Name in Extract<keyof Table, Needed>]: z.output<Table[Name]>;
} & { [Name in Exclude<keyof Table, Needed>]?: z.output<Table[Name]> };

/** Unlike in a submit, an unknown member is a fault where nothing else is said: no old client sends one. */
export function members<Table extends MemberTable, const Needed extends string = never>(
  table: Table,
  {
    needed,
    refusesUnknown = true,
    isAbsent = (value) => value === undefined,
    order = 'declared',
    refusal = invalid,
  }: Partial<Members<Table, Needed>> = {},
): Members<Table, Needed> {
  const none = {} as Readonly<Record<Needed, string>>;
  return { table, needed: needed ?? none, refusesUnknown, isAbsent, order, refusal };
}

/** Looks at what was read beside what was given, and adds what is off. */
export type Check<Read> = (read: Partial<Read>, faults: Fault[], given: Given) => void;

/** The values of the members that are there. Throws `RequestError` with every fault. */
export function readMembers<Table extends MemberTable, Needed extends string>(
  { table, needed, refusesUnknown, isAbsent, order, refusal }: Members<Table, Needed>,
  given: Given,
  check?: Check<Values<Table, Needed>>,
): Values<Table, Needed> {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  const declared = Object.keys(table);
  const names = new Set([...(order === 'declared' ? declared : []), ...Object.keys(given), ...declared]);
  for (const name of names) {
    const value = given[name];
    const member = Object.hasOwn(table, name) ? table[name] : undefined;
    const missing = Object.hasOwn(needed, name) ? needed[name as Needed] : undefined;
    if (isAbsent(value, name)) {
      if (missing !== undefined) faults.push({ path: name, message: missing });
    } else if (member !== undefined) {
      const read = readMember(member, value, (message, inside) =>
        faults.push({ path: placeOf(name, inside), message }),
      );
      if (read !== undefined) values[name] = read;
    } else if (refusesUnknown) faults.push({ path: shorten(name), message: 'is not known here' });
  }
  check?.(values as Partial<Values<Table, Needed>>, faults, given);
  if (faults.length > 0) throw refusal(faults);
  return values as Values<Table, Needed>;
}

function placeOf(name: string, inside: readonly PropertyKey[]): string {
  return name + inside.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
}

/** The value of one member, or `undefined` when `tell` has heard what is off, and where inside the member. */
export function readMember<T>(
  member: z.ZodType<T>,
  value: unknown,
  tell: (message: string, inside: readonly PropertyKey[]) => void,
): T | undefined {
  const { data, error } = member.safeParse(value);
  for (const issue of error?.issues ?? [])
    if (issue.code === 'unrecognized_keys')
      for (const name of issue.keys) tell('is not known here', [...issue.path, shorten(name)]);
    else tell(issue.message, issue.path);
  return error === undefined ? data : undefined;
}
