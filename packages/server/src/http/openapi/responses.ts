// Responses of the document.

import type { AnswerName } from './answer-types.ts';
import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import type { JsonSchema, ResponseObject } from './json-schema.ts';

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

/** The one answer of most calls: `data` in its envelope. */
export function answer(
  name: AnswerName,
  description: string,
  headers: Record<string, { $ref: string }> = {},
): Record<string, ResponseObject> {
  const example = enveloped(answerExamples[name]);
  return {
    200: json(reference(`${name}Envelope`), { description, headers: { ...requestId, ...headers }, example }),
  };
}

export function json(
  schema: JsonSchema,
  { description, headers = requestId, example }: { description: string; headers?: object; example?: unknown },
): ResponseObject {
  const content = { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
  return { description, headers, content };
}

export const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
