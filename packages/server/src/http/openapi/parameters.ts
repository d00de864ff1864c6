// Parameters of the document.

import type { JsonSchema } from './json-schema.ts';

/** A member of a path; its name stands in the path in braces. */
export function inPath(name: string, description: string, example: string): object {
  return { name, in: 'path', required: true, description, schema: { type: 'string' }, example };
}

export function inQuery(members: Readonly<Record<string, JsonSchema>>): object[] {
  return Object.entries(members).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
  }));
}

export function inHeader(name: string, description: string, schema: JsonSchema): object {
  return { name, in: 'header', description, schema };
}
