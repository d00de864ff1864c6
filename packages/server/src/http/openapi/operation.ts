// How a call of the API is described, and what of its description follows from others: who may call, and how it is refused.

import { countedAs, type Route } from '../route/route.ts';
import type { FaceForm } from '../refusals/face-form.ts';
import type { ResponseObject } from './json-schema.ts';
import { inPath } from './parameters.ts';
import { faceRefusalsOf, rateFields, refusalsOf, type RefusalType } from './refusals.ts';
import type { tags } from './tags.ts';

export interface Operation {
  id: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  tag: keyof typeof tags;
  summary: string;
  description?: string;
  /** Ways to show a key; in the header, where it is left out. */
  security?: readonly object[];
  parameters?: readonly object[];
  body?: object;
  answers: Readonly<Record<string, ResponseObject>>;
  /** Beside those that every such call has. */
  refusals?: readonly RefusalType[];
  /** Form of the refusals of a face. */
  family?: FaceForm;
  /** Whether calls of a key count against its limits. */
  isCounted: boolean;
}

export function operationOf(id: string, declared: Route): Operation {
  const { method, path, tag, summary, description, access, params = {}, query, headers = [] } = declared;
  const { body, answers, refusals = [], family } = declared;
  return {
    id,
    method,
    path,
    tag,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(access.security === undefined ? {} : { security: access.security }),
    parameters: [
      ...Object.entries(params).map(([name, { description: what, example }]) => inPath(name, what, example)),
      ...(query?.describe() ?? []),
      ...headers,
    ],
    ...(body === undefined ? {} : { body: body.describe() }),
    answers: answers.responses,
    refusals: [...refusals, ...access.refusals],
    isCounted: access.security?.length !== 0 && countedAs(declared) !== 'nothing',
    ...(family === undefined ? {} : { family }),
  };
}

/** All ways in which a call may be refused. */
export function refusalTypesOf({ method, security, refusals = [] }: Operation): RefusalType[] {
  const always: RefusalType[] = security?.length === 0 ? [] : ['unauthenticated', 'rate_limited', 'internal'];
  // A call that changes something is refused while the disk takes no writes.
  return [...new Set([...refusals, ...always, ...(method === 'get' ? [] : ['overloaded' as const])])];
}

/** Refusals in the envelope, which the document has once for all calls; none of a face's. */
export function ownRefusals(operation: Operation): RefusalType[] {
  return operation.family === undefined ? refusalTypesOf(operation) : [];
}

export interface OperationObject {
  operationId: string;
  summary: string;
  responses: Readonly<Record<string, ResponseObject | { $ref: string }>>;
  [member: string]: unknown;
}

export function toOperationObject(operation: Operation): OperationObject {
  const {
    id,
    tag,
    summary,
    description,
    security,
    parameters = [],
    body,
    answers,
    family,
    isCounted,
  } = operation;
  const types = refusalTypesOf(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(security === undefined ? {} : { security }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...(isCounted ? withRates(answers) : answers),
      ...(family === undefined ? refusalsOf(types) : faceRefusalsOf(family, types)),
    },
  };
}

/** Adds what answers tell of limits. */
function withRates(answers: Operation['answers']): Operation['answers'] {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      { ...answer, headers: { ...answer.headers, ...rateFields } },
    ]),
  );
}
