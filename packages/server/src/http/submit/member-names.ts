// Members of a submit by their own names. Clients of other servers call them otherwise, and some send one under two names: the own
// name goes before the others, and what is not followed is named.

import { emptyFields, type Fields } from '../body/body-fields.ts';
import { readSizeWord } from './picture-size.ts';
import { isLinkMember, isMaskMember, sideMembers, textMemberOf } from './submit-names.ts';

/** Several clients send `""` or `null` for "not set". */
export const absent = (value: unknown) => value === null || value === undefined || value === '';

export interface NamedMembers {
  /** By their own names; what is no text of a submit is as it came. */
  fields: Fields;
  /** The names under which members came, where those are not their own. */
  sentAs: ReadonlyMap<string, string>;
}

/** Adds to `warnings` what is not followed because another member says something else. */
export function nameMembers(given: Fields, warnings: string[]): NamedMembers {
  const fields = emptyFields();
  const sentAs = new Map<string, string>();
  const others: [name: string, member: string, value: unknown][] = [];
  for (const [name, value] of Object.entries(given)) {
    const member = textMemberOf(name);
    if (member === undefined || member === name || !isMeant(name, value)) fields[name] = value;
    else others.push([name, member, value]);
  }
  const pixels = takeSides(fields);
  if (pixels !== undefined) others.push(['width', 'size', pixels]);
  for (const [name, member, value] of others) {
    if (absent(value)) continue;
    if (absent(fields[member])) {
      fields[member] = value;
      sentAs.set(member, name);
    } else if (!isSame(value, fields[member]))
      warnings.push(`${name}: ignored, as ${sentAs.get(member) ?? member} says something else`);
  }
  return { fields, sentAs };
}

/** Subject of a member, as the own name of such members; `undefined` for one that says nothing, or is no text and no picture. */
export function subjectOf(name: string, value: unknown): string | undefined {
  if (absent(value)) return undefined;
  if (isLinkMember(name)) return 'image_urls';
  if (isMaskMember(name)) return 'mask';
  if (isMeant(name, value)) return textMemberOf(name);
  return name === 'quality' ? name : undefined;
}

/** Whether a member of another name means ours: `quality` is a size at some servers, and a number of steps or a word at most. */
function isMeant(name: string, value: unknown): boolean {
  if ((name !== 'quality' && name !== 'resolution') || absent(value)) return true;
  const word = typeof value === 'string' ? readSizeWord(value) : null;
  return name === 'quality' ? word?.kind === 'class' : word !== null;
}

/** Two sides as the pixels of a `size`; they are members no more then. */
function takeSides(fields: Fields): string | undefined {
  const sides = sideMembers.map((name) => fields[name]);
  if (!sides.every(isSide)) return undefined;
  for (const name of sideMembers) delete fields[name];
  return sides.map(Number).join('x');
}

const isSide = (value: unknown): boolean =>
  (typeof value === 'number' || typeof value === 'string') && /^\s*[1-9]\d{0,4}\s*$/.test(String(value));

const isSame = (one: unknown, other: unknown): boolean =>
  typeof one === 'string' && typeof other === 'string'
    ? one.trim().toLowerCase() === other.trim().toLowerCase()
    : one === other;
