// The Model Context Protocol on /mcp, streamable HTTP, stateless: every request has its own server, whose client calls this same
// application with the caller's key. So each limit and rule holds here because it holds there.

import { Readable } from 'node:stream';
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import packageJson from '../../../package.json' with { type: 'json' };
import { RequestError } from '../../core/errors.ts';
import type { Log } from '../../lib/log.ts';
import { safeText } from '../../lib/safe-text.ts';
import { jsonType } from '../answer.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../authorization.ts';
import { untilGone } from '../client-gone.ts';
import type { BodyReader } from '../read-body.ts';
import { ClosingError } from '../closing-error.ts';
import { createInProcessFetch, type InProcessCaller } from '../in-process-fetch.ts';
import { withChallenge } from '../mcp-challenge.ts';
import type { OwnHosts } from '../own-hosts.ts';

export interface McpParts {
  authorize: Authorize;
  bodies: BodyReader;
  /** What result links begin with. */
  publicUrl: () => string;
  own: OwnHosts;
  log: Log;
}

/** What a tool's server must know of the request that it serves. */
interface Caller extends InProcessCaller {
  gone: AbortSignal;
}

/** Pictures come as links, or as `data:` URIs of some megabytes. The same as over stdio. */
const maxBodyBytes = 10 * 2 ** 20;
/** The protocol's package looks at each of them several times, on the event loop. A call of a tool has a hundred at most. */
const mostMembers = 5_000;

export function mcpFace(parts: McpParts): Face {
  const { authorize, bodies, own } = parts;
  return (app) => {
    const stop = new AbortController();
    let handler: Promise<McpHttpHandler> | undefined;
    // Calls that wait end with words of their own then, and the server can close when they have.
    app.addHook('preClose', (done) => {
      stop.abort();
      done();
    });
    app.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/mcp',
      exposeHeadRoute: false,
      async handler(request, reply) {
        admitOrigin(request, own);
        const { authorization = '' } = request.headers;
        const { keyId } = authorized(authorize, request, reply);
        const caller: Caller = {
          remoteAddress: request.raw.socket.remoteAddress ?? '',
          forwardedFor: headerOf(request, 'x-forwarded-for'),
          gone: untilGone(reply),
        };
        // An answer that began before the stop has promised to keep its connection, which would hold the stop up.
        reply.raw.once('close', () => stop.signal.aborted && request.raw.socket.end());
        const authInfo: AuthInfo = { token: authorization, clientId: keyId, scopes: [], extra: { caller } };
        const { fetch } = await (handler ??= load(app, parts, stop.signal));
        const call = async (parsedBody?: unknown) =>
          sendResponse(reply, await fetch(toRequest(request, caller.gone), { authInfo, parsedBody }));
        if (request.method !== 'POST') return await call();
        const limits = { keyId, limit: maxBodyBytes, maxMembers: mostMembers, asValue: true };
        return await bodies
          .use(request.raw, limits, ({ value }) => call(value))
          .catch((error: unknown) => sendParseError(reply, error));
      },
    });
  };
}

function authorized(authorize: Authorize, { headers }: FastifyRequest, reply: FastifyReply) {
  try {
    return authorize(headers.authorization);
  } catch (error) {
    throw withChallenge(reply, error);
  }
}

/**
 * A page that was made to reach this server by DNS rebinding sends its own origin. Programs send none.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http (security warning)
 */
function admitOrigin({ headers: { origin, host } }: FastifyRequest, own: OwnHosts): void {
  if (origin !== undefined && !own.hasOrigin(origin, host))
    throw new RequestError(
      'forbidden',
      'Pages of other origins may not call this server’s tools. Set public_url (PLANTAIN_PUBLIC_URL) to the address by which it is reached.',
    );
}

/** Loaded when it is first asked for: the protocol's package takes 0.2 s and 35 MB, which only those who use it are to pay. */
async function load(
  app: FastifyInstance,
  { publicUrl, log }: McpParts,
  stopping: AbortSignal,
): Promise<McpHttpHandler> {
  const [{ createMcpHandler }, { createMcpServer }] = await Promise.all([
    import('@modelcontextprotocol/server'),
    import('@plantain/client/mcp'),
  ]);
  return createMcpHandler(
    ({ authInfo }) => {
      const { caller } = (authInfo?.extra ?? {}) as { caller: Caller };
      const baseUrl = publicUrl();
      const fetch = createInProcessFetch(app, baseUrl, caller);
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
      maxRequestBodySize: maxBodyBytes,
      // The tools never change, so nobody needs a stream that never ends to hear of it.
      maxSubscriptions: 0,
      onerror: (error) => log.warn({ error: safeText(error.message, [], 400) }, 'mcp_failed'),
    },
  );
}

/** Without its body, which has been read. */
function toRequest({ raw }: FastifyRequest, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = raw;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
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
