// The schemas of answers that have a name in the document: the `data` of each, and the same in its envelope.

import { isDeepStrictEqual } from 'node:util';
import type { AnswerName, BareBodies } from './answer-types.ts';
import type { JsonSchema } from './json-schema.ts';

export type SchemaName = keyof BareBodies | `${AnswerName}Envelope`;

export const reference = (name: SchemaName | `${AnswerName}Data`): JsonSchema => ({
  $ref: `#/components/schemas/${name}`,
});

const { exec_time, ip }: Record<string, JsonSchema> = {
  exec_time: { type: 'number', description: 'Seconds that the server spent on this request', minimum: 0 },
  ip: { type: 'string', description: 'The caller’s address as the server sees it' },
};

/**
 * Puts tables of schemas together. Throws where two that differ have one name: the later would stand in the place of the other, in all that refers
 * to it.
 */
export function joinSchemas(
  ...tables: readonly (readonly (readonly [name: string, schema: JsonSchema])[])[]
): Record<string, JsonSchema> {
  const joined = new Map<string, JsonSchema>();
  for (const [name, schema] of tables.flat()) {
    const before = joined.get(name);
    if (before !== undefined && !isDeepStrictEqual(before, schema))
      throw new Error(
        `Two schemas of the OpenAPI document would be called ${name}, and one would replace the other. Rename the type or the member of http/openapi/answer-types.ts that makes one of them.`,
      );
    joined.set(name, schema);
  }
  return Object.fromEntries(joined);
}

/** The schemas that were made from the types of answers, and an envelope around each that is the `data` of one. */
export function withEnvelopes(
  schemas: Readonly<Record<string, JsonSchema>>,
  names: readonly AnswerName[],
): Record<string, JsonSchema> {
  const enveloped = names.map((name): [string, JsonSchema] => [
    `${name}Envelope`,
    {
      type: 'object',
      properties: {
        code: { type: 'number', const: 200 },
        msg: { type: 'string', const: 'success' },
        data: reference(`${name}Data`),
        exec_time,
        ip,
      },
      required: ['code', 'msg', 'data', 'exec_time', 'ip'],
    },
  ]);
  return joinSchemas(Object.entries(schemas), enveloped);
}
