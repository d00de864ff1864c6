// Members of a submit that some models take and others can't be told: how much effort a picture is worth, what is behind it, and how strict
// the model's own rules are. Clients of other servers have other words in the same places, so a word that is not known is no fault.

import * as z from 'zod';
import { backgrounds, moderations, qualities, type TaskRequest } from '../../core/tasks/task.ts';

/** Each is `auto`, where the model is to choose, or one of these. */
export const optionMembers = {
  quality: z.enum(['auto', ...qualities]),
  background: z.enum(['auto', ...backgrounds]),
  moderation: z.enum(['auto', ...moderations]),
} as const;

type OptionMember = keyof typeof optionMembers;

export const isOptionMember = (name: string): name is OptionMember => Object.hasOwn(optionMembers, name);

/** DALL-E's word for the usual quality, which clients made for it still send. */
const standard = 'standard';

/** Reads such a member; `undefined` with a warning for a word that is not known. */
export function readOption(name: OptionMember, value: unknown, warnings: string[]): string | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (name === 'quality' && word === standard) return undefined;
  const member = optionMembers[name];
  const read = member.safeParse(word);
  if (!read.success) warnings.push(`${name}: is not one of ${member.options.join(', ')}, so it is ignored`);
  return read.data;
}

/** Members of the request: what is left to the model is not there. */
export function optionsOf({
  quality = 'auto',
  background = 'auto',
  moderation = 'auto',
}: {
  [Name in OptionMember]?: z.output<(typeof optionMembers)[Name]>;
}): Pick<TaskRequest, OptionMember> {
  return {
    ...(quality === 'auto' ? {} : { quality }),
    ...(background === 'auto' ? {} : { background }),
    ...(moderation === 'auto' ? {} : { moderation }),
  };
}
