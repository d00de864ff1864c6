// Members of the queries for usage reports.

import * as z from 'zod';
import type { UsageName } from '../../../core/usage/usage.ts';
import { dayMs, dayOf, readDay } from '../../../lib/time/days.ts';
import { inQuery } from '../../openapi/parameters.ts';
import { memberSchemas } from '../../openapi/json-schema.ts';
import { type Check, members, type MemberTable, readMembers, type Values } from '../../route/members.ts';
import type { QueryForm } from '../../route/route.ts';

/** Days of a report that names none. */
const usualDays = 30;

const dayFault = 'must be a day, as 2026-11-30, or a Unix time in seconds';
const day = z
  .string(dayFault)
  .refine((text) => !Number.isNaN(readDay(text)), dayFault)
  .transform(readDay);

/** Names that rows can be told apart by, with commas between. */
function listOf<Name extends UsageName>(names: readonly Name[]) {
  const fault = `must have some of ${names.join(', ')}, each once, with commas between`;
  const isName = (name: string): name is Name => (names as readonly string[]).includes(name);
  return z
    .string(fault)
    .max(100, fault)
    .refine((text) => {
      const given = text.split(',');
      return given.every(isName) && new Set(given).size === given.length;
    }, fault)
    .transform((text) => text.split(',').filter(isName))
    .meta({
      description: `Names by which rows are told apart, of ${names.join(', ')}, with commas between`,
      examples: [names.slice(0, 2).join(',')],
    });
}

const text = z
  .string('must be one text')
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters');

const common = {
  from: day.meta({
    description: `First day of UTC, or a Unix time in it; ${usualDays - 1} days before to where it is left out`,
    examples: ['2026-11-01'],
  }),
  to: day.meta({
    description: 'Last day of UTC, or a Unix time in it; today where it is left out',
    examples: ['2026-11-30'],
  }),
  format: z
    .enum(['json', 'csv'], 'must be json or csv')
    .meta({ description: 'csv for a file of the rows', default: 'json' }),
} satisfies MemberTable;

export const usageMembers = members({ ...common, by: listOf(['day', 'model']) });
export const adminUsageMembers = members({
  ...common,
  by: listOf(['owner', 'key', 'model', 'upstream', 'day']),
  owner: text.meta({ description: 'Only tasks of the owner with this id' }),
  key: text.meta({ description: 'Only tasks of the key with this id' }),
  model: text.meta({ description: 'Only tasks of this model' }),
  upstream: text.meta({ description: 'Only tasks whose last attempt was at this upstream' }),
});

export interface Days {
  from: number;
  to: number;
}

/** Gives the days of a query, at `now`. */
export function daysOf({ from, to }: { [Name in keyof Days]?: number | undefined }, now: number): Days {
  const last = to ?? Math.max(dayOf(now), from ?? 0);
  return { from: from ?? Math.max(0, last - (usualDays - 1) * dayMs), to: last };
}

const inOrder: Check<Partial<Days>> = ({ from, to }, faults) => {
  if (from !== undefined && to !== undefined && to < from)
    faults.push({ path: 'to', message: 'must not be before from' });
};

/** Query of days that must be in order. */
export function reportQuery<Table extends MemberTable>(
  table: ReturnType<typeof members<Table>>,
): QueryForm<Values<Table>> {
  return {
    describe: () => inQuery(memberSchemas(table.table)),
    read: (given) => readMembers(table, given, inOrder as Check<Values<Table>>),
  };
}
