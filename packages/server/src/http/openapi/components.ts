// The schemas of answers that have a name in the document: the `data` of each, and the same in its envelope.

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

/** The schemas that were made from the types of answers, and an envelope around each that is the `data` of one. */
export function withEnvelopes(
  schemas: Readonly<Record<string, JsonSchema>>,
  names: readonly AnswerName[],
): Record<string, JsonSchema> {
  const enveloped = names.map((name) => [
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
  return { ...schemas, ...(Object.fromEntries(enveloped) as Record<string, JsonSchema>) };
}
