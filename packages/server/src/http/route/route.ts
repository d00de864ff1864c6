// A route of the API, declared once: where it is, who may call it, what it reads and how it answers, with the words of the reference.
// The application serves it by this and the reference describes it by this; what it does is a handler, which `serve` adds.

import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestErrorType, TaskErrorType } from '@plantain/client';
import type { Act, AuditedAct } from '../../core/audit/audit.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { Access } from '../access/access.ts';
import type { CountedAs } from '../access/call-counter.ts';
import type { Answers } from '../answer.ts';
import type { ResponseObject } from '../openapi/json-schema.ts';
import type { tags } from '../openapi/tags.ts';
import type { FaceForm } from '../refusals/face-form.ts';
import type { Check, Given, Members } from './members.ts';

/** A member of a path, where its name stands in braces. */
export interface PathMember {
  description: string;
  example: string;
  /** The value that its text means. */
  read: (text: string) => string;
  /** Source of an expression without groups that its value matches whole. Default: any text within the segment. */
  pattern?: string;
}

/** Members of a query string. `describe` gives them as parameters of the reference. */
export interface QueryForm<Query> {
  describe: () => readonly object[];
  /** Throws `RequestError`. */
  read: (given: Given, headers: IncomingHttpHeaders) => Query;
}

/** A body. `describe` gives it as the request body of the reference. */
export interface BodyForm<Fields> {
  describe: () => object;
  /** Members of the body, and how large it may be; absent where the handler reads the body itself. `now` in Unix milliseconds. */
  fields?: {
    maxBytes: number;
    members: (now: number) => Members & { readonly values?: Fields };
    /** Whether no body at all is one without members. */
    optional: boolean;
  };
}

/** Answers that are no refusals, by status, and what the server makes of a handler's result. */
export interface AnswerForm<Result> {
  responses: Readonly<Record<string, ResponseObject>>;
  send(served: Served, result: Result): FastifyReply | undefined;
}

export interface Route<
  Admitted = unknown,
  Params extends string = string,
  Query = unknown,
  Fields = unknown,
  Result = never,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  tag: keyof typeof tags;
  summary: string;
  description?: string;
  access: Access<Admitted>;
  /** Kind as which calls count against the limits of their key. Default: a query, and nothing where the call is an operator's. */
  counts?: CountedAs;
  params?: Readonly<Record<Params, PathMember>>;
  query?: QueryForm<Query>;
  /** Act that the call is in the audit log. Every call of admins that changes or shows what is another's has one. */
  audited?: Act;
  /** Headers that mean something here, as parameters of the reference. */
  headers?: readonly object[];
  body?: BodyForm<Fields>;
  answers: AnswerForm<Result>;
  /** Refusals beside those of the lock and those that every such call has; of a call that waits for its task, failures of that too. */
  refusals?: readonly (RequestErrorType | TaskErrorType)[];
  /** Form of the refusals of a face; default: the envelope. */
  family?: FaceForm;
  /** Methods that are answered here too, and that the reference is silent about. */
  alsoServes?: readonly ('GET' | 'HEAD' | 'DELETE')[];
  /** Whether addresses may hold a key, so that no cache and no referrer is to have them. */
  hidesAddress?: boolean;
  /** Whether HEAD is answered by what is done for GET. Default: true. */
  hasHead?: boolean;
}

/** Gives the kind as which calls of a route count. Those of operators don't: whoever limits others is not to be shut out by it. */
export function countedAs({ counts, path }: Pick<Route, 'counts' | 'path'>): CountedAs {
  return counts ?? (path.startsWith('/api/admin/') ? 'nothing' : 'query');
}

export interface Served {
  request: FastifyRequest;
  reply: FastifyReply;
  answers: Answers;
}

/** A request that was let in. */
export interface Call<Admitted, Params extends string, Query, Fields> extends Served {
  /** The caller, as the lock knows it. */
  caller: Admitted;
  /** Asks the lock once more, as a key may end while its request waits. Rejects with `RequestError`. */
  admitAgain: () => Promise<Admitted>;
  /** Counts further calls of the caller, of so many that are asked for at once, or those of one who was found only now. Throws `RequestError`. */
  count: (caller: Caller, calls: number, asked?: number) => void;
  params: Readonly<Record<Params, string>>;
  query: Query;
  /** Gives the act of the call for the audit log, which the handler hands on to the write that is the act, or stores itself. */
  audited: () => AuditedAct;
  /** Reads the body. Rejects with `RequestError`, which names every fault; `check` may add some. */
  readBody: (check?: Check<Fields>) => Promise<Fields>;
}

export type Handler<Admitted, Params extends string, Query, Fields, Result> = (
  call: Call<Admitted, Params, Query, Fields>,
) => Result | Promise<Result>;

export type Routes = Readonly<Record<string, Route>>;

export type Handlers<Declared extends Routes> = {
  [Id in keyof Declared]: Declared[Id] extends Route<
    infer Admitted,
    infer Params,
    infer Query,
    infer Fields,
    infer Result
  >
    ? Handler<Admitted, Params, Query, Fields, Result>
    : never;
};

/** Declares a route, whose parts then have their types. */
export function route<
  Admitted,
  Result,
  const Params extends string = never,
  Query = undefined,
  Fields = never,
>(
  declaration: Route<Admitted, Params, Query, Fields, Result>,
): Route<Admitted, Params, Query, Fields, Result> {
  return declaration;
}
