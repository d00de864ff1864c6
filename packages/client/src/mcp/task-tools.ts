// Tools that read tasks and models, wait for a task, and cancel one.

import type { CallToolResult } from '@modelcontextprotocol/server';
import { TaskFailedError, TimeoutError } from '../index.ts';
import {
  type ListArguments,
  schemas,
  type TaskArguments,
  defaultListLimit,
  defaultWaitSeconds,
  type WaitArguments,
} from './schemas.ts';
import { summary, taskContent } from './task-content.ts';
import { jsonContent, type Tool, type ToolCall, type ToolParts } from './tool.ts';

const reads = { readOnlyHint: true, openWorldHint: false };

const get: Tool<TaskArguments> = {
  name: 'get_task',
  title: 'Get a task',
  description: 'The state of a task at this moment, with its pictures when it has them.',
  inputSchema: schemas.task,
  annotations: reads,
  run: async ({ client }, { task_id: id }, { signal }) =>
    taskContent(await client.get(id, { signal }), client, signal),
};

const wait: Tool<TaskArguments & WaitArguments> = {
  name: 'wait_task',
  title: 'Wait for a task',
  description: 'Waits for a task to end and gives its pictures.',
  inputSchema: schemas.wait,
  annotations: reads,
  run: (parts, { task_id: id, wait_seconds }, call) => waitFor(parts, id, wait_seconds, call),
};

const cancel: Tool<TaskArguments> = {
  name: 'cancel_task',
  title: 'Cancel a task',
  description: 'Ends a task that is not wanted any more. One that runs may be paid for already.',
  inputSchema: schemas.task,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  // The state `error` of a cancelled task is the wanted result, and no failure.
  async run({ client }, { task_id: id }, { signal }) {
    const task = await client.cancel(id, { signal });
    const isOver = task.state === 'error' || task.state === 'succeeded';
    const sentence = isOver ? 'The task is cancelled.' : 'The task will end in a moment: get_task tells how.';
    return jsonContent(summary(task), sentence);
  },
};

const listModels: Tool = {
  name: 'list_models',
  title: 'List models',
  description:
    'The models that there are, with their aspect ratios, sizes and how many input pictures they take.',
  inputSchema: schemas.none,
  annotations: reads,
  run: async ({ client }, _given, { signal }) => jsonContent(await client.models({ signal })),
};

const listTasks: Tool<ListArguments> = {
  name: 'list_tasks',
  title: 'List tasks',
  description: 'Your latest tasks, newest first.',
  inputSchema: schemas.list,
  annotations: reads,
  async run({ client }, { limit = defaultListLimit, ...filter }, { signal }) {
    const tasks: Record<string, unknown>[] = [];
    for await (const task of client.list({ ...filter, limit }, { signal })) {
      tasks.push(summary(task));
      if (tasks.length >= limit) break;
    }
    return jsonContent({ tasks });
  },
};

export const taskTools: readonly Tool[] = [get, wait, cancel, listModels, listTasks];

/** Resolves with the task when it has ended, or with its state when the time is over. */
export async function waitFor(
  { client }: ToolParts,
  id: string,
  waitSeconds = defaultWaitSeconds,
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
