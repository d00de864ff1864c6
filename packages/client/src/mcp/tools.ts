// Tools by which a model makes pictures, over the client: `plantain mcp` serves them on stdio, the server on /mcp.
// A cancelled call stops waiting and leaves its task alone: it may have been paid for, and wait_task finds it again.
//
// The table of tools of the protocol's package is not used: it is made anew for each server, which over HTTP is each request, and its
// errors on arguments and unknown tools name neither the given value nor the allowed ones.

import {
  type CallToolResult,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { ApiError, createClient, type Fetch, PlantainError } from '../index.ts';
import { ArgumentsError, readArguments } from './arguments.ts';
import { submitTools } from './submit-tools.ts';
import { taskTools } from './task-tools.ts';
import type { Tool, ToolCall, ToolParts } from './tool.ts';
import { traceHeaders } from './trace-headers.ts';

export { withoutNulls } from './without-nulls.ts';

export interface ToolOptions extends Pick<ToolParts, 'readPicture'> {
  /** Address of the API that the tools call, without a slash at its end. */
  baseUrl: string;
  /** Key of the caller. */
  apiKey: string;
  /** Replaces the platform's `fetch`. */
  fetch?: Fetch;
  version: string;
  /** Aborts when all calls are to end. */
  stopping: AbortSignal;
}

/** Few, since a host waits for the call while a server is away. */
const maxRetries = 2;
const timeoutMs = 60_000;

const instructions =
  'Makes and edits pictures. A submit gives a task that takes seconds to minutes and costs money: never submit the same thing twice ' +
  'because it takes long, but call wait_task with its task_id.';

/** Makes a server of the Model Context Protocol with all tools, to be connected to one transport. */
export function createMcpServer(options: ToolOptions): Server {
  const { version, readPicture, baseUrl, apiKey, fetch, stopping } = options;
  const callers = { baseUrl, apiKey, fetch, timeoutMs, maxRetries };
  const client = createClient(callers);
  const partsFor = ({ mcpReq: { _meta: meta } }: ServerContext): ToolParts => {
    const headers = traceHeaders(meta);
    const own = headers === null ? client : createClient({ ...callers, headers });
    return { client: own, readPicture, baseUrl };
  };
  const { tools, listed } = toolsFor(readPicture !== undefined, baseUrl);
  const server = new Server(
    { name: 'plantain', title: 'Plantain', version },
    { capabilities: { tools: { listChanged: false } }, instructions },
  );
  server.setRequestHandler('tools/list', ({ params }) => {
    if (params?.cursor !== undefined)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        'This cursor is not of this server: all tools are on one page. Ask without a cursor.',
      );
    return { tools: listed };
  });
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: given = {} } }, context) => {
    const tool = tools.get(name);
    if (tool === undefined) throw unknownTool(name, [...tools.keys()]);
    return await answer(tool, partsFor(context), given, context, stopping);
  });
  return server;
}

interface Toolbox {
  tools: ReadonlyMap<string, Tool>;
  listed: ListToolsResult['tools'];
}

/** Tools of the latest server. Over HTTP one is made for each request, and those for one address share their tools. */
let latest: (Toolbox & { files: boolean; baseUrl: string }) | undefined;

function toolsFor(files: boolean, baseUrl: string): Toolbox {
  if (latest?.files === files && latest.baseUrl === baseUrl) return latest;
  const all = [...submitTools(files, baseUrl), ...taskTools];
  latest = {
    files,
    baseUrl,
    tools: new Map(all.map((tool) => [tool.name, tool])),
    // The wire's type is one of any JSON Schema, which a closed type can't be given for.
    listed: all.map(({ name, title, description, inputSchema, annotations }) => ({
      name,
      title,
      description,
      inputSchema,
      annotations,
    })) as unknown as ListToolsResult['tools'],
  };
  return latest;
}

function unknownTool(name: string, known: readonly string[]): ProtocolError {
  const what = /^[\w.-]{1,64}$/.test(name) ? JSON.stringify(name) : 'this name';
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool: there is none called ${what}. The tools are ${known.join(', ')}.`,
  );
}

/** Runs a tool. A failure becomes a result with words that a model can act on. */
async function answer(
  tool: Tool,
  parts: ToolParts,
  given: Readonly<Record<string, unknown>>,
  context: ServerContext,
  stopping: AbortSignal,
): Promise<CallToolResult> {
  const { signal: cancelled } = context.mcpReq;
  try {
    const read = readArguments(tool.name, tool.inputSchema, given);
    const signal = AbortSignal.any([cancelled, stopping]);
    return await tool.run(parts, read, { signal, report: createReport(context) });
  } catch (error) {
    cancelled.throwIfAborted();
    if (error instanceof ArgumentsError) return failed(error.message);
    if (stopping.aborted)
      return failed('The server is stopping. Tasks go on when it is back: call wait_task then.');
    if (error instanceof PlantainError)
      return error instanceof ApiError ? refused(error) : failed(error.message);
    throw error;
  }
}

/** Result of a refusal: of a limit or a budget it has whose it is, what is left of it, and when to ask again, as members too. */
function refused(error: ApiError): CallToolResult {
  const { type, message, details, retryAfterSeconds } = error;
  const when = retryAfterSeconds === undefined ? [] : [`Ask again in ${retryAfterSeconds} s.`];
  const result = failed([message, ...missingDetails(error), ...when].join('\n'));
  if (error.limit === undefined) return result;
  return {
    ...result,
    structuredContent: { error: { type, details, retry_after_seconds: retryAfterSeconds } },
  };
}

/** Details that the message does not have; it has the first few. */
function missingDetails({ message: present, details }: ApiError): string[] {
  return details
    .filter(({ path, message }) => !present.includes(path) || !present.includes(message.replace(/\.$/, '')))
    .map(({ path, message }) => `${path}: ${message}`);
}

function failed(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}

/** Reports progress. The protocol wants each number to be larger than the last, also while a task waits. */
function createReport({ mcpReq }: ServerContext): ToolCall['report'] {
  const { _meta: { progressToken } = {} } = mcpReq;
  if (progressToken === undefined) return () => {};
  /** In ten-thousandths. */
  let last = -1;
  return ({ progress, state }) => {
    // Other servers of this API have no progress.
    last = Math.max(Math.round((progress || 0) * 10_000), last + 1);
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress: last / 10_000, total: 1, message: state },
      })
      // The caller has disconnected; the signal aborts as well.
      .catch(() => {});
  };
}
