// From zod's schemas to those of the document, and what else has schemas there. What a validator takes is described, not what it makes of it.

import * as z from 'zod';

export type JsonSchema = Record<string, unknown>;

/** An answer in the document. */
export interface ResponseObject {
  description: string;
  headers?: object;
  content?: Readonly<Record<string, { schema: JsonSchema; example?: unknown }>>;
}

/** What a validator can't say of a member of a body or a query string. */
export interface Note {
  description: string;
  example?: unknown;
  /** Put over what follows from the validator. */
  schema?: JsonSchema;
}

export type Notes<Given> = Readonly<Record<keyof Given, Note>>;
type Members = Readonly<Record<string, z.ZodType>>;

const options = {
  io: 'input',
  override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }) {
    // zod leaves the examples of a member out where the validator makes something else of it.
    Object.assign(jsonSchema, z.globalRegistry.get(zodSchema));
    // zod's bounds of whole numbers are those of JavaScript and say nothing of the API.
    if (Math.abs(Number(jsonSchema['minimum'])) === Number.MAX_SAFE_INTEGER) delete jsonSchema['minimum'];
    if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
  },
} as const;

/** The schema of each member, with its note where there is one. */
export function memberSchemas<Given extends Members>(
  members: Given,
  notes?: Notes<Given>,
): Record<keyof Given, JsonSchema> {
  const described = Object.entries<z.ZodType>(members).map(([name, validator]) => {
    const { $schema: _draft, ...schema } = z.toJSONSchema(validator, options);
    const { description, example, schema: more }: Partial<Note> = notes?.[name] ?? {};
    return [
      name,
      {
        ...schema,
        ...more,
        ...(description === undefined ? {} : { description }),
        ...(example === undefined ? {} : { examples: [example] }),
      },
    ];
  });
  return Object.fromEntries(described) as Record<keyof Given, JsonSchema>;
}

/** A body that is an object of these members. */
export function bodyOf(properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}
