// Changes of an act, member by member, as a person reads them.

import type { AuditEntryData } from '@plantain/client';
import type { Format } from '../../../parts/format/format.ts';
import { isMoney } from '../../../parts/limited/fields.ts';

/** A member, such as `budget.period`. A value is `undefined` where there is none. */
export interface Change {
  member: string;
  before: unknown;
  after: unknown;
}

/** Members of what was before or is after, those within objects included; the ones that differ where there are both. */
export function changesOf({ before, after }: Pick<AuditEntryData, 'before' | 'after'>): Change[] {
  const [was, is] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((member) => ({ member, before: was.get(member), after: is.get(member) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

function flat(value: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  collect(value, '', found);
  return found;
}

function collect(value: unknown, path: string, into: Map<string, unknown>): void {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return;
  if (typeof value !== 'object' || Array.isArray(value)) into.set(path, value);
  else
    for (const [name, each] of Object.entries(value))
      collect(each, path === '' ? name : `${path}.${name}`, into);
}

/** Money in dollars, times as the person's language has them; everything else as it is. */
export function shownValue(
  member: string,
  value: unknown,
  {
    format,
    words,
  }: { format: Pick<Format, 'fullDollars' | 'time'>; words: Record<'empty' | 'yes' | 'no', string> },
): string {
  if (value === undefined) return words.empty;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number' && isMoney(member)) return format.fullDollars(value);
  if (typeof value === 'string' && /_(at|time|until)$/.test(member) && /^\d{10}$/.test(value))
    return format.time(value);
  if (Array.isArray(value)) return value.map((each) => text(each)).join(', ');
  return text(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
