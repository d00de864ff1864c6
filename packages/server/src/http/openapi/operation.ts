// How a call of the API is described, and what of its description follows from others: who may call, and how it is refused.

import type { RequestErrorType } from '@plantain/client';
import type { AnswerName } from './answer-types.ts';
import { reference } from './components.ts';
import { answerExamples, enveloped } from './examples.ts';
import type { JsonSchema, ResponseObject } from './json-schema.ts';
import { refusalsOf, siblingRefusalsOf } from './refusals.ts';

export const tags = {
  Tasks: 'Submit, ask, list, cancel, retry.',
  Following: 'Being told instead of asking.',
  Batches: 'Up to 1,000 tasks in one call.',
  Pictures: 'What tasks made.',
  Files: 'Pictures that are uploaded once and used as inputs as often as one likes.',
  Webhooks: 'Endpoints of a key, their secrets, and what became of each delivery.',
  Operating: 'For admins, and for what watches the process.',
  'Older family': 'The same tasks as clients of the sibling API call them: no envelope, numbers for times.',
} as const;

export interface Operation {
  id: string;
  method: 'get' | 'post' | 'patch' | 'delete';
  path: string;
  tag: keyof typeof tags;
  summary: string;
  description?: string;
  /** Ways to show a key; in the header, where it is left out. */
  access?: 'anyone' | 'key or link' | 'key anywhere';
  parameters?: readonly object[];
  body?: object;
  /** Answers that are no refusals, by status. */
  answers: Readonly<Record<string, ResponseObject>>;
  /** Beside those that every such call has. */
  refusals?: readonly RequestErrorType[];
  /** Whether refusals have no envelope. */
  isSibling?: boolean;
}

/** All ways in which a call may be refused. */
export function refusalTypesOf({ method, access, refusals = [] }: Operation): RequestErrorType[] {
  const always: RequestErrorType[] = access === 'anyone' ? [] : ['unauthenticated', 'internal'];
  // Whatever changes something is refused while the disk takes no writes.
  return [...new Set([...refusals, ...always, ...(method === 'get' ? [] : ['overloaded' as const])])];
}

export interface OperationObject {
  operationId: string;
  summary: string;
  responses: Readonly<Record<string, ResponseObject | { $ref: string }>>;
  [member: string]: unknown;
}

/** The document’s operation object. */
export function toOperationObject(operation: Operation): OperationObject {
  const { id, tag, summary, description, access, parameters = [], body, answers, isSibling } = operation;
  const types = refusalTypesOf(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(access === undefined ? {} : { security: securityOf[access] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...answers, ...(isSibling === true ? siblingRefusalsOf(types) : refusalsOf(types)) },
  };
}

const securityOf: Readonly<Record<NonNullable<Operation['access']>, readonly object[]>> = {
  anyone: [],
  'key or link': [{ key: [] }, { bearer: [] }, {}],
  'key anywhere': [{ key: [] }, { bearer: [] }, { query: [] }],
};

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

/** A member of a path; its name stands in the path in braces. */
export function inPath(name: string, description: string, example: string): object {
  return { name, in: 'path', required: true, description, schema: { type: 'string' }, example };
}

/** Members of a query string. */
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
