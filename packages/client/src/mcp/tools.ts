// The tools by which a model makes pictures, over the client: `plantain mcp` serves them on stdio, the server on /mcp.
// A call that is cancelled stops waiting and leaves its task alone: it may have been paid for, and wait_task finds it again.

import { McpServer, type CallToolResult, type ServerContext } from '@modelcontextprotocol/server';
import {
  ApiError,
  createClient,
  type Fetch,
  type ModelsData,
  type PlantainClient,
  PlantainError,
  type TaskData,
  TaskFailedError,
  TimeoutError,
} from '../index.ts';
import { createRequester } from '../request.ts';
import { type GenerateArguments, schemas, usualWaitSeconds } from './schemas.ts';
import { summary, taskContent } from './task-content.ts';

export interface ToolOptions {
  /** Of the API that the tools call, without a slash at its end. */
  baseUrl: string;
  /** The caller's. */
  apiKey: string;
  /** Instead of the platform's own. */
  fetch?: Fetch;
  /** The bytes of a picture file on the caller's machine; left out where there is no such machine. Rejects with `PlantainError`. */
  readPicture?: (path: string) => Promise<Uint8Array>;
  version: string;
  /** Aborts when no call is to go on. */
  stopping: AbortSignal;
}

interface ToolParts extends Pick<ToolOptions, 'readPicture' | 'stopping'> {
  client: PlantainClient;
  listModels(signal: AbortSignal): Promise<ModelsData>;
}

const usuallyListed = 20;
/** Calls that a host waits for are not to hang on a server that is away. */
const maxRetries = 2;
const timeoutMs = 60_000;

/** A server of the Model Context Protocol with all tools, to be connected to one transport. */
export function createMcpServer(options: ToolOptions): McpServer {
  const parts = { ...options, ...createCalls(options) };
  const server = new McpServer(
    { name: 'plantain', title: 'Plantain', version: options.version },
    {
      capabilities: { tools: { listChanged: false } },
      instructions:
        'Makes and edits pictures. A submit gives a task that takes seconds to minutes and costs money: never submit the same ' +
        'thing twice because it takes long, but call wait_task with its task_id.',
    },
  );
  addSubmits(server, parts);
  addQueries(server, parts);
  return server;
}

function addSubmits(server: McpServer, parts: ToolParts): void {
  const { generate, edit } = parts.readPicture === undefined ? schemas.withoutFiles : schemas.withFiles;
  const makes = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true };
  server.registerTool(
    'generate_image',
    {
      title: 'Generate an image',
      description: 'Makes a picture from a prompt and waits for it.',
      inputSchema: generate,
      annotations: makes,
    },
    answering(parts, (given, call) => submit(parts, 'generate', given, call)),
  );
  server.registerTool(
    'edit_image',
    {
      title: 'Edit images',
      description: 'Changes or combines pictures as the prompt says and waits for the result.',
      inputSchema: edit,
      annotations: makes,
    },
    answering(parts, (given, call) => submit(parts, 'edit', given, call)),
  );
}

function addQueries(server: McpServer, parts: ToolParts): void {
  const { client, listModels } = parts;
  const reads = { readOnlyHint: true, openWorldHint: false };
  server.registerTool(
    'get_task',
    {
      title: 'Get a task',
      description: 'The state of a task at this moment, with its pictures when it has them.',
      inputSchema: schemas.task,
      annotations: reads,
    },
    answering(parts, async ({ task_id: id }, { signal }) =>
      taskContent(await client.get(id, { signal }), client, signal),
    ),
  );
  server.registerTool(
    'wait_task',
    {
      title: 'Wait for a task',
      description: 'Waits for a task to end and gives its pictures.',
      inputSchema: schemas.wait,
      annotations: reads,
    },
    answering(parts, ({ task_id: id, wait_seconds }, call) => waitFor(parts, id, wait_seconds, call)),
  );
  server.registerTool(
    'list_models',
    {
      title: 'List models',
      description:
        'The models that there are, with their aspect ratios, sizes and how many input pictures they take.',
      inputSchema: schemas.none,
      annotations: reads,
    },
    answering(parts, async (_given, { signal }) => jsonContent(await listModels(signal))),
  );
  server.registerTool(
    'list_tasks',
    {
      title: 'List tasks',
      description: 'Your latest tasks, newest first.',
      inputSchema: schemas.list,
      annotations: reads,
    },
    answering(parts, async ({ limit = usuallyListed, ...filter }, { signal }) => {
      const tasks: Record<string, unknown>[] = [];
      for await (const task of client.list({ ...filter, limit }, { signal })) {
        tasks.push(summary(task));
        if (tasks.length >= limit) break;
      }
      return jsonContent({ tasks });
    }),
  );
}

/** The client, and the one call that it does not have. */
function createCalls({ baseUrl, apiKey, fetch = (url, init) => globalThis.fetch(url, init) }: ToolOptions) {
  const shared = { baseUrl, apiKey, fetch, timeoutMs, maxRetries };
  const { request } = createRequester({ ...shared, headers: {}, random: Math.random });
  return {
    client: createClient(shared),
    async listModels(signal: AbortSignal) {
      const call = { path: '/api/models', signal, feature: 'list its models' };
      return (await request<ModelsData>('models', call)).data;
    },
  };
}

interface ToolCall {
  signal: AbortSignal;
  /** Tells the host how far the task is, if it wants to know. */
  report: (task: TaskData) => void;
}

/** A tool whose errors are results, with words that a model can act on. */
function answering<Given>(
  { stopping }: ToolParts,
  work: (given: Given, call: ToolCall) => Promise<CallToolResult>,
): (given: Given, context: ServerContext) => Promise<CallToolResult> {
  return async (given, context) => {
    const signal = AbortSignal.any([context.mcpReq.signal, stopping]);
    try {
      return await work(given, { signal, report: createReport(context) });
    } catch (error) {
      context.mcpReq.signal.throwIfAborted();
      if (stopping.aborted)
        return failed('The server is stopping. Tasks go on when it is back: call wait_task then.');
      if (!(error instanceof PlantainError)) throw error;
      return failed([error.message, ...(error instanceof ApiError ? untold(error) : [])].join('\n'));
    }
  };
}

/** The first few of the details stand in the message. */
function untold({ message: told, details }: ApiError): string[] {
  return details
    .filter(({ path, message }) => !told.includes(path) || !told.includes(message.replace(/\.$/, '')))
    .map(({ path, message }) => `${path}: ${message}`);
}

function failed(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}

function jsonContent(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value, null, 1) }] };
}

async function submit(
  parts: ToolParts,
  action: 'generate' | 'edit',
  { wait_seconds: waitSeconds, image_urls: pictures, ...rest }: GenerateArguments,
  call: ToolCall,
): Promise<CallToolResult> {
  const { client, readPicture } = parts;
  const isLink = (picture: string) => /^(https?:|data:)/i.test(picture);
  const given =
    pictures === undefined || readPicture === undefined
      ? pictures
      : await Promise.all(
          pictures.map(async (picture) => (isLink(picture) ? picture : await readPicture(picture))),
        );
  const input = { ...rest, ...(given === undefined ? {} : { image_urls: given }) };
  const { signal } = call;
  const { task_id: id } =
    action === 'generate'
      ? await client.generate(input, { signal })
      : await client.edit({ ...input, image_urls: given ?? [] }, { signal });
  return await waitFor(parts, id, waitSeconds, call);
}

async function waitFor(
  { client }: ToolParts,
  id: string,
  waitSeconds = usualWaitSeconds,
  { signal, report }: ToolCall,
): Promise<CallToolResult> {
  const task =
    waitSeconds === 0
      ? await client.get(id, { signal })
      : await client
          .wait(id, { signal, timeoutMs: waitSeconds * 1000, onProgress: report })
          .catch((error: unknown) => {
            if (error instanceof TaskFailedError) return error.task;
            if (error instanceof TimeoutError) return client.get(id, { signal });
            throw error;
          });
  return await taskContent(task, client, signal);
}

/** The protocol wants each number to be larger than the one before, also while a task waits. */
function createReport({ mcpReq }: ServerContext): ToolCall['report'] {
  const { _meta: { progressToken } = {} } = mcpReq;
  if (progressToken === undefined) return () => {};
  let last = -1;
  return ({ progress, state }) => {
    // Other servers of this API tell of none.
    last = Math.max(progress || 0, last + 0.000_1);
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress: last, total: 1, message: state },
      })
      // Whoever asked has gone away; the signal says so too.
      .catch(() => {});
  };
}
