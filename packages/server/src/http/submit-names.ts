// The names of what a submit may have, for whoever takes a body apart without judging it.

/** Where pictures are, in the order in which they are taken. */
export const linkMembers = ['image_urls', 'image_url', 'image'] as const;

export const textMembers = [
  'model',
  'prompt',
  'aspect_ratio',
  'image_size',
  'size',
  'seed',
  'deadline_seconds',
  'metadata',
  'expires_in_seconds',
  'callback_url',
  'callback_events',
] as const;

/** Members that are read without having an effect: the key was used already, and `oversea` names the vendor's own routes. */
export const withoutEffect: ReadonlySet<string> = new Set(['oversea', 'key']);

/** The tasks of a batch, which are bodies themselves. */
export const tasksMember = 'tasks';

/** Of a submit, a batch and its tasks. */
export const submitNames: ReadonlySet<string> = new Set([
  ...linkMembers,
  ...textMembers,
  ...withoutEffect,
  tasksMember,
  'action',
]);

const texts: ReadonlySet<string> = new Set([...textMembers, ...withoutEffect]);

/** Whether a field of this name is text, never a picture, whatever type its content is said to have. */
export const isTextMember = (name: string): boolean => texts.has(name);

/** A name that a caller chose, as much of it as an answer may repeat. */
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
