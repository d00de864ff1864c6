// The Model Context Protocol on /mcp, streamable HTTP, stateless: every request has its own server, whose client calls this same
// application with the caller's key. So each limit and rule holds here because it holds there.

import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import packageJson from '../../../package.json' with { type: 'json' };
import { RequestError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Tracer } from '../../core/tracer.ts';
import { createOneATurn, type OneATurn } from '../../lib/turns/one-a-turn.ts';
import { safeText } from '../../lib/safe-text.ts';
import { jsonType } from '../answer.ts';
import type { Face } from '../app.ts';
import type { Caller as ApiCaller } from '../../core/keys/keys.ts';
import { mcpKey } from '../access/access.ts';
import { untilGone } from '../connections/client-gone.ts';
import type { BodyReader, KeepCopies } from '../body/read-body.ts';
import { ClosingError } from '../connections/closing-error.ts';
import {
  type BodyWatch,
  createInProcessFetch,
  type InProcessCaller,
} from '../connections/in-process-fetch.ts';
import { bodyAsGiven, sent } from '../route/forms.ts';
import { type Call, route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';

export interface McpParts {
  serve: Serve;
  bodies: BodyReader;
  /** Of any body; one of a call here has at most 10 MiB besides. */
  maxBodyBytes: number;
  /** Beginning of result links. */
  publicUrl: () => string;
  emit: Emit;
  /** Absent where no traces are kept. */
  tracer: Pick<Tracer, 'current'> | undefined;
}

/** Parts of a request that a tool's server must know. */
interface Caller extends InProcessCaller {
  /** Counts the copies of the body. */
  body?: BodyWatch;
  gone: AbortSignal;
}

/** Pictures come as links, or as `data:` URIs of some megabytes. The same as over stdio. */
const maxBytes = 10 * 2 ** 20;
/** The protocol's package looks at each of them several times, on the event loop. A call of a tool has a hundred at most. */
const maxMembers = 5_000;
/**
 * Of a body with a picture in it: the message, which stays until the call ends; the same text in the request that the tool makes of it;
 * that request as it is sent, and as it is read. The last counts by itself.
 */
const copies = 4;
const copiesOutside = copies - 1;
const bothTypes = 'application/json, text/event-stream';
/** Calls of a key. To begin one takes about half a millisecond. */
const maxWaiting = 2_000;

const aMessage = { schema: { type: 'object', description: 'A message of JSON-RPC 2.0' } };
export const mcpRoutes = {
  mcp: route({
    method: 'post',
    path: '/mcp',
    tag: 'Tasks',
    summary: 'The Model Context Protocol over streamable HTTP',
    description:
      'For programs that speak it: tools that make, edit and follow pictures. It keeps no sessions.',
    access: mcpKey,
    body: bodyAsGiven(() => ({
      required: true,
      content: {
        'application/json': { ...aMessage, example: { jsonrpc: '2.0', id: 1, method: 'tools/list' } },
      },
    })),
    answers: sent({
      200: {
        description: 'The answer, and news on the way to it',
        content: { 'text/event-stream': { schema: { type: 'string' } }, 'application/json': aMessage },
      },
      202: { description: 'A notification was taken' },
      400: { description: 'No message of the protocol', content: { 'application/json': aMessage } },
    }),
    refusals: ['too_large'],
    // The protocol's package answers them, by 405, as there are no sessions.
    alsoServes: ['GET', 'DELETE'],
    hasHead: false,
  }),
};

export function mcpFace(parts: McpParts): Face {
  const stop = new AbortController();
  const turns = createOneATurn({ maxWaiting });
  let loading: Promise<Loaded> | undefined;
  return (app, answers) => {
    // Calls that wait end with words of their own then, and the server can close when they have.
    app.addHook('preClose', (done) => {
      stop.abort();
      done();
    });
    const loaded = () => (loading ??= load(app, parts, stop.signal));
    parts.serve(mcpRoutes, { mcp: (call) => answerMessage(parts, call, { turns, loaded, stop }) })(
      app,
      answers,
    );
  };
}

interface Running {
  turns: OneATurn;
  loaded: () => Promise<Loaded>;
  stop: AbortController;
}

async function answerMessage(
  { bodies, maxBodyBytes, tracer }: McpParts,
  { caller: { keyId }, request, reply }: Call<ApiCaller, never, undefined, never>,
  { turns, loaded, stop }: Running,
): Promise<FastifyReply> {
  const caller: Caller = {
    remoteAddress: request.raw.socket.remoteAddress ?? '',
    forwardedFor: headerOf(request, 'x-forwarded-for'),
    span: tracer?.current(),
    gone: untilGone(reply),
  };
  // An answer that began before the stop has promised to keep its connection, which would hold the stop up.
  reply.raw.once('close', () => stop.signal.aborted && request.raw.socket.end());
  const { authorization: token = '' } = request.headers;
  const authInfo: AuthInfo = { token, clientId: keyId, scopes: [], extra: { caller } };
  const { fetch, withoutNulls } = await loaded();
  const call = async (parsedBody?: unknown, keep: KeepCopies = () => {}) => {
    caller.body = { begins: () => keep(copiesOutside), ends: () => keep(1) };
    await (turns.next(keyId) ?? refuseCrowd());
    return await sendResponse(reply, await fetch(toRequest(request, caller.gone), { authInfo, parsedBody }));
  };
  if (request.method !== 'POST') return await call();
  const limits = { keyId, limit: Math.min(maxBytes, maxBodyBytes), copies, maxMembers, asValue: true };
  return await bodies
    .use(request.raw, limits, ({ value }, keep) => call(withoutNulls(value), keep))
    .catch((error: unknown) => sendParseError(reply, error));
}

function refuseCrowd(): never {
  throw new RequestError(
    'overloaded',
    `This key has ${maxWaiting.toLocaleString('en')} calls waiting to be begun. Try again in a moment.`,
    { retryAfterSeconds: 1 },
  );
}

interface Loaded extends Pick<McpHttpHandler, 'fetch'> {
  withoutNulls: (message: unknown) => unknown;
}

/**
 * Loaded when it is first asked for: the protocol's package takes 0.1 s and 35 MB, which only those who use it are to pay; most never do.
 * Each part has a turn of its own, since what is loaded runs to its end.
 */
async function load(
  app: FastifyInstance,
  { publicUrl, emit }: McpParts,
  stopping: AbortSignal,
): Promise<Loaded> {
  const { createMcpHandler } = await import('@modelcontextprotocol/server');
  await nextTurn();
  const { createMcpServer, withoutNulls } = await import('@plantain/client/mcp');
  await nextTurn();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const { caller } = (authInfo?.extra ?? {}) as { caller: Caller };
      const baseUrl = publicUrl();
      const fetch = createInProcessFetch(app, baseUrl, caller, caller.body);
      const signal = AbortSignal.any([stopping, caller.gone]);
      return createMcpServer({
        baseUrl,
        apiKey: authInfo?.token ?? '',
        fetch,
        version: packageJson.version,
        stopping: signal,
      });
    },
    {
      maxRequestBodySize: maxBytes,
      // The tools never change, so nobody needs a stream that never ends to hear of it.
      maxSubscriptions: 0,
      onerror: (error) => emit('mcp_failed', { error: safeText(error.message, [], 400) }),
    },
  );
  return { fetch: handler.fetch, withoutNulls };
}

/** Without its body, which has been read. */
function toRequest({ raw }: FastifyRequest, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = raw;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  // The package wants both types by name. Whoever takes anything takes them, and whoever says nothing does.
  if (/^$|\*\/\*/.test(headers.get('accept') ?? '')) headers.set('accept', bothTypes);
  return new Request(`http://localhost${raw.url ?? '/'}`, { method, headers, signal });
}

/** Answers as the protocol does to a message that is none; throws whatever else went wrong. */
function sendParseError(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof RequestError) || error.type !== 'invalid_request' || error instanceof ClosingError)
    throw error;
  const { message } = error;
  return reply
    .code(400)
    .type(jsonType)
    .send({ jsonrpc: '2.0', error: { code: -32_700, message: `Parse error: ${message}` }, id: null });
}

async function sendResponse(reply: FastifyReply, { status, headers, body }: Response): Promise<FastifyReply> {
  // Whether the connection is kept is between it and the client.
  for (const [name, value] of headers) if (name !== 'connection') reply.header(name, value);
  return await reply.code(status).send(body === null ? '' : Readable.fromWeb(body));
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return value === undefined ? undefined : String(value);
}
