// From zod's schemas to those of the document, and what else has schemas there. What a validator takes is described, not what it makes of it.

import * as z from 'zod';

export type JsonSchema = Record<string, unknown>;

/** An answer in the document. */
export interface ResponseObject {
  description: string;
  headers?: object;
  content?: Readonly<Record<string, { schema: JsonSchema; example?: unknown; examples?: object }>>;
}

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

/** The schema of each member, with the words that its validator has for the reference. */
export function memberSchemas<Given extends Members>(members: Given): Record<keyof Given, JsonSchema> {
  const described = Object.entries<z.ZodType>(members).map(([name, validator]) => {
    const { $schema: _draft, ...schema } = z.toJSONSchema(validator, options);
    return [name, schema];
  });
  return Object.fromEntries(described) as Record<keyof Given, JsonSchema>;
}

export function bodyOf(properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}
