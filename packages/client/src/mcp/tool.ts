// The parts of a tool, and what it may use.

import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import type { PlantainClient, TaskData } from '../index.ts';
import type { ArgumentsSchema } from './arguments.ts';

export interface ToolParts {
  client: PlantainClient;
  /** The bytes of a picture file on the caller's machine; absent where there is no such machine. Rejects with `PlantainError`. */
  readPicture?: ((path: string) => Promise<Uint8Array>) | undefined;
  /** Of the API, without a slash at its end: where a caller can send what is too large for a call. */
  baseUrl: string;
}

export interface ToolCall {
  signal: AbortSignal;
  /** Tells the host how far the task is, if it wants to know. */
  report: (task: TaskData) => void;
}

/** As a host is told of it, and what it does. */
export interface Tool<Given extends object = object> {
  name: string;
  title: string;
  description: string;
  inputSchema: ArgumentsSchema;
  annotations: ToolAnnotations;
  /** `given` has been read by `inputSchema`. Rejects with `PlantainError`, or with the signal's reason. */
  run(parts: ToolParts, given: Given, call: ToolCall): Promise<CallToolResult>;
}

/** A result of the value as JSON, behind a sentence on it. */
export function jsonContent(value: unknown, sentence?: string): CallToolResult {
  const text = JSON.stringify(value, null, 1);
  return { content: [{ type: 'text', text: sentence === undefined ? text : `${sentence}\n${text}` }] };
}
