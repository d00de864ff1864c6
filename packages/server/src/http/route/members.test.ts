import * as z from 'zod';
import { expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { members, readMembers } from './members.ts';
import { unixTime, wholeNumber } from './number-members.ts';

const table = { name: z.string('must be a string'), size: wholeNumber('must be 1 to 9', { min: 1, max: 9 }) };

function faultsOf(read: () => unknown) {
  try {
    read();
  } catch (error) {
    if (error instanceof RequestError) return error.details?.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

test('members that are there are read, and those that are not have no value', () => {
  expect(readMembers(members(table), { size: '7' })).toEqual({ size: 7 });
  expect(readMembers(members(table), {})).toEqual({});
});

test('every fault is named at once, those of the table before what is unknown', () => {
  const given = { other: 1, size: 10, name: 2 };
  const inOrder = ['name must be a string', 'size must be 1 to 9', 'other is not known here'];
  expect(faultsOf(() => readMembers(members(table), given))).toEqual(inOrder);
  const asGiven = members(table, { order: 'given' });
  expect(faultsOf(() => readMembers(asGiven, given))).toEqual([
    ...inOrder.slice(2),
    ...inOrder.slice(0, 2).toReversed(),
  ]);
});

test('a member that has to be there is a fault where it is not, and unknown ones may be passed over', () => {
  const needed = members(table, { needed: { name: 'is required' }, refusesUnknown: false });
  expect(faultsOf(() => readMembers(needed, { other: 1 }))).toEqual(['name is required']);
  expect(readMembers(needed, { name: 'a', other: 1 })).toEqual({ name: 'a' });
});

test('a check sees what was read and what was given, and adds its own faults', () => {
  const read = () =>
    readMembers(members(table), { name: 'a', size: 'b' }, (values, faults, given) =>
      faults.push({ path: 'name', message: `${values.name} ${values.size} ${String(given['size'])}` }),
    );
  expect(faultsOf(read)).toEqual(['size must be 1 to 9', 'name a undefined b']);
});

test('only digits are a number, and nothing else that looks like one', () => {
  for (const text of ['', ' ', '1e3', '0x10', '1.5', 'a'])
    expect(unixTime.safeParse(text).success, text).toBe(false);
  expect([unixTime.parse(' 12 '), unixTime.parse('007'), unixTime.parse(3)]).toEqual([12, 7, 3]);
});

test('names of members of every object are names like any other', () => {
  const given = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, unknown>;
  expect(faultsOf(() => readMembers(members(table), given))).toEqual([
    '__proto__ is not known here',
    'constructor is not known here',
  ]);
});
