// A body once it has been read, and the fields of forms and multipart.

import { shorten } from '../submit/submit-names.ts';

export type Fields = Record<string, unknown>;

/**
 * A body as fields and files. A field sent several times is a list; JSON members keep their types. A `data:` URI among the
 * links is its bytes already (`Uint8Array`), and what can't be taken is an `Error` with a sentence that says why: JSON has neither.
 */
export interface Body {
  fields: Fields;
  files: BodyFile[];
  /** JSON of any kind, where that was asked for; there are neither fields nor files then. */
  value?: unknown;
  /** Hash that a repeat of the request has in common with it; where it was asked for. */
  requestHash?: string;
}

export interface BodyFile {
  /** The field that it came in, without `[]`; `''` where there was none. */
  name: string;
  bytes: Uint8Array;
  /** Name of the file, as its sender says; absent where they don't. */
  fileName?: string;
}

/** Of a form or of multipart: parsing takes more than its share of time for each. */
export const maxFields = 200;

/** Without a prototype, so that a field called `__proto__` is a field like any other. */
export function emptyFields(): Fields {
  return Object.create(null) as Fields;
}

export function addField(fields: Fields, name: string, value: string): void {
  const key = fieldName(name);
  const before = fields[key];
  fields[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
}

/** Some clients mark a field that they send several times, or number it: `image_urls[]`, `image_urls[0]`. */
export function fieldName(name: string): string {
  return name.replace(/\[\d{0,4}\]$/, '');
}

/** The path of a member as answers name it, such as `tasks[3].metadata`. */
export function fieldPath(parts: readonly PropertyKey[]): string {
  const words = parts.map((part) => (typeof part === 'number' ? `[${part}]` : `.${shorten(String(part))}`));
  return words.join('').replace(/^\./, '');
}
