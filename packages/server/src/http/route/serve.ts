// Joins declared routes with their handlers: a request passes the lock of its route, then its path and its query string are read, and
// then the handler has it.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Act, AuditedAct } from '../../core/audit/audit.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { Clock } from '../../lib/clock.ts';
import { anyone, type Locks } from '../access/access.ts';
import type { CallCounter } from '../access/call-counter.ts';
import { hasQueryKey } from '../access/query-key.ts';
import type { Answers } from '../answer.ts';
import type { Face } from '../app.ts';
import { hasNoBody } from '../body/unread-body.ts';
import type { BodyReader } from '../body/read-body.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { type Check, type Given, readMembers } from './members.ts';
import {
  type Call,
  countedAs,
  type Handler,
  type Handlers,
  type Route,
  type Routes,
  type Served,
} from './route.ts';
import { routerPath } from './router-path.ts';

export interface ServeParts {
  locks: Locks;
  bodies: BodyReader;
  clock: Clock;
  callerAddress: CallerAddress;
  /** Default: nobody is limited. */
  counter?: CallCounter;
  /** Throws `RequestError` while the server has not begun to work: only calls that anyone may make are answered then. */
  refuseUnbegun?: () => void;
}

/** Gives the face of declared routes. Each of them has its handler: the compiler finds the one that has not. */
export type Serve = <Declared extends Routes>(routes: Declared, handlers: Handlers<Declared>) => Face;

type AnyHandler = Handler<unknown, string, unknown, unknown, never>;

export function createServe(parts: ServeParts): Serve {
  return (routes, handlers) => (app, answers) => {
    for (const [id, route] of Object.entries(routes))
      addRoute(
        parts,
        { app, answers },
        id,
        route,
        (handlers as Record<string, AnyHandler>)[id] as AnyHandler,
      );
  };
}

function addRoute(
  parts: ServeParts,
  { app, answers }: { app: FastifyInstance; answers: Answers },
  id: string,
  route: Route,
  handle: AnyHandler,
): void {
  const {
    method,
    path,
    params = {},
    alsoServes = [],
    hasHead = true,
    hidesAddress = false,
    answers: form,
  } = route;
  app.route({
    method: [method.toUpperCase(), ...alsoServes],
    // A scope of the application has the beginning of its paths already.
    url: routerPath(path.slice(app.prefix.length), params),
    exposeHeadRoute: hasHead,
    ...(hidesAddress ? { onSend: hideAddress } : {}),
    config: { operation: id },
    async handler(request, reply) {
      const served = { request, reply, answers };
      return form.send(served, await handle(await admit(parts, route, served)));
    },
  });
}

/** Forbids caches and referrers in every answer to an address that holds a key, refusals too. */
function hideAddress(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  if (hasQueryKey(request.query))
    reply.header('Cache-Control', 'no-store').header('Referrer-Policy', 'no-referrer');
  done(null, payload);
}

async function admit(
  { locks, bodies, clock, callerAddress, counter, refuseUnbegun }: ServeParts,
  route: Route,
  served: Served,
): Promise<Call<unknown, string, unknown, unknown>> {
  const { access, params = {}, query, body, audited } = route;
  if (access !== anyone) refuseUnbegun?.();
  const { request, reply } = served;
  const given = request.params as Readonly<Record<string, string>>;
  const read = Object.fromEntries(
    Object.entries(params).map(([name, member]) => [name, member.read(given[name] ?? '')]),
  );
  const admitAgain = () => access.admit(locks, { request, reply, params: read });
  const caller = await admitAgain();
  const count = (by: Caller, calls: number, asked = calls) =>
    counter?.count(served, by, countedAs(route), calls, asked);
  if (isCaller(caller)) count(caller, 1);
  return {
    ...served,
    caller,
    admitAgain,
    count,
    params: read,
    query: query?.read(request.query as Given, request.headers),
    // Routes whose acts are in the log are those of keys.
    audited: () => actOf(audited, caller as Caller, request, { clock, callerAddress }),
    async readBody(check?: Check<unknown>) {
      const { maxBytes, members, optional } = body?.fields ?? nothingToRead();
      // Members in the address would be lost: the reader says where they go.
      if (optional && hasNoBody(request.raw) && !request.url.includes('?'))
        return readMembers(members(clock.now()), {}, check);
      if (!isCaller(caller)) {
        const address = callerAddress(request.raw);
        const { body: sent } = await bodies.readStrangers(request.raw, { address });
        return readMembers(members(clock.now()), sent.fields, check);
      }
      const { keyId } = caller;
      return await bodies.use(request.raw, { keyId, limit: maxBytes }, async ({ fields }) =>
        readMembers(members(clock.now()), fields, check),
      );
    },
  };
}

function actOf(
  act: Act | undefined,
  { keyId: who }: Caller,
  { id: requestId, raw }: FastifyRequest,
  { clock, callerAddress }: Pick<ServeParts, 'clock' | 'callerAddress'>,
): AuditedAct {
  if (act === undefined) throw new Error('This route declares no act.');
  const address = JSON.parse(callerAddress(raw)) as string;
  return { act, who, whoName: null, address, requestId, at: clock.now() };
}

/** Whether a lock has found a key. */
function isCaller(admitted: unknown): admitted is Caller {
  return typeof admitted === 'object' && admitted !== null && 'limited' in admitted;
}

function nothingToRead(): never {
  throw new Error('This route declares no members of a body.');
}
