// Parts of a request that more than one language writes.

import type { SubmitBody } from '@plantain/client';

export const tasksPath = '/api/gemini/nano-banana';

/** End of the path, behind that of tasks: requests with input pictures have a call of their own. */
export function suffixOf({ image_urls: pictures }: SubmitBody): string {
  return pictures === undefined || pictures.length === 0 ? '' : '-edit';
}

/** The object on several lines: as JSON, which is what JavaScript and Python call it too, as long as nothing in it is `true` or `null`. */
export function literal(body: SubmitBody): string {
  return JSON.stringify(body, null, 4);
}

/** A word for a POSIX shell: nothing but the quote itself ends one in single quotes. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
