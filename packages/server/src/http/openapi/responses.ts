// Responses of the document.

import type { JsonSchema, ResponseObject } from './json-schema.ts';

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

export function json(
  schema: JsonSchema,
  { description, headers = requestId, example }: { description: string; headers?: object; example?: unknown },
): ResponseObject {
  const content = { 'application/json': { schema, ...(example === undefined ? {} : { example }) } };
  return { description, headers, content };
}

export const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
