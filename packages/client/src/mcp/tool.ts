// A tool, and the parts that it uses.

import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import type { PlantainClient, TaskData } from '../index.ts';
import type { ArgumentsSchema } from './arguments.ts';

export interface ToolParts {
  client: PlantainClient;
  /** Reads a picture file on the caller's machine; absent in a server, which can't. Rejects with `PlantainError`. */
  readPicture?: ((path: string) => Promise<Uint8Array>) | undefined;
  /** Address of the API without a slash at its end, to which callers can send files that exceed a call. */
  baseUrl: string;
}

export interface ToolCall {
  signal: AbortSignal;
  /** Reports the progress of the task to the host, if it asked for that. */
  report: (task: TaskData) => void;
}

/** Tool as a host lists it, and its function. */
export interface Tool<Given extends object = object> {
  name: string;
  title: string;
  description: string;
  inputSchema: ArgumentsSchema;
  annotations: ToolAnnotations;
  /** Runs with arguments that `inputSchema` has read. Rejects with `PlantainError`, or with the signal's reason. */
  run(parts: ToolParts, given: Given, call: ToolCall): Promise<CallToolResult>;
}

/** Makes a result of the value as JSON, after a sentence on it. */
export function jsonContent(value: unknown, sentence?: string): CallToolResult {
  const text = JSON.stringify(value, null, 1);
  return { content: [{ type: 'text', text: sentence === undefined ? text : `${sentence}\n${text}` }] };
}
