// Forms in which routes read and answer.

import type { FastifyReply } from 'fastify';
import type { AnswerData, AnswerName } from '../openapi/answer-types.ts';
import { answerExamples, enveloped } from '../openapi/examples.ts';
import { bodyOf, memberSchemas, type ResponseObject } from '../openapi/json-schema.ts';
import { inQuery } from '../openapi/parameters.ts';
import { header, json } from '../openapi/responses.ts';
import { reference } from '../openapi/components.ts';
import { type Given, type Members, type MemberTable, readMembers, type Values } from './members.ts';
import type { AnswerForm, BodyForm, PathMember, QueryForm } from './route.ts';

/** The id of a task, a batch or a file, in either case of its letters. */
export function uuidInPath(description: string, example: string): PathMember {
  return { description, example, read: (text) => text.toLowerCase() };
}

/** A member of a path that means what it says. */
export function inPath(description: string, example: string): PathMember {
  return { description, example, read: (text) => text };
}

export function queryOf<Table extends MemberTable, Needed extends string>(
  members: Members<Table, Needed>,
): QueryForm<Values<Table, Needed>> {
  return {
    describe: () => inQuery(memberSchemas(members.table)),
    read: (given) => readMembers(members, given),
  };
}

/** A query string that the handler reads itself. */
export function queryAsGiven(describe: () => readonly object[]): QueryForm<Given> {
  return { describe, read: (given) => given };
}

/** A body of JSON or of a form with these members. */
export function fieldsOf<Table extends MemberTable, Needed extends string>(
  membersAt: (now: number) => Members<Table, Needed>,
  { maxBytes, example, optional = false }: { maxBytes: number; example: object; optional?: boolean },
): BodyForm<Values<Table, Needed>> {
  return {
    describe() {
      // Time matters to what is said of a moment that has passed, and to nothing that is shown here.
      const { table, needed } = membersAt(0);
      const schema = bodyOf(memberSchemas(table), Object.keys(needed));
      return {
        required: !optional,
        content: {
          'application/json': { schema, example },
          'application/x-www-form-urlencoded': { schema },
        },
      };
    },
    fields: { maxBytes, members: membersAt, optional },
  };
}

/** A body that the handler reads itself. */
export const bodyAsGiven = (describe: () => object): BodyForm<never> => ({ describe });

/** `data` that is JSON already. */
export interface DataText {
  dataText: string;
}

/** The one answer of most calls: `data` in its envelope. */
export function data<Name extends AnswerName>(
  name: Name,
  description: string,
  headers: Readonly<Record<string, { $ref: string }>> = {},
): AnswerForm<AnswerData[Name] | DataText> {
  return {
    responses: {
      200: json(reference(`${name}Envelope`), {
        description,
        headers: { 'X-Request-Id': header('RequestId'), ...headers },
        example: enveloped(answerExamples[name]),
      }),
    },
    send({ request, reply, answers }, result) {
      const text = 'dataText' in result ? result.dataText : JSON.stringify(result);
      return answers.success(request, reply, text);
    },
  };
}

/** Answers that the handler sends itself. It gives the reply, or nothing where it has taken the connection over. */
export function sent(
  responses: Readonly<Record<string, ResponseObject>>,
): AnswerForm<FastifyReply | undefined> {
  return { responses, send: (_served, reply) => reply };
}
