// Makes a result of a task that succeeded: its pictures, and what the server says of them.

import type { Operation } from '../../core/tasks/task.ts';
import type { OperationFailure, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { safeText } from '../../lib/safe-text.ts';
import { readDescription } from '../answers/answered-words.ts';
import type { ApiCalls, AskedAnswer } from '../api-calls.ts';
import { collectResult } from '../results/collect-result.ts';
import { noPictures, upstream } from './failures.ts';
import type { TaskStatus } from './task-status.ts';

const maxWarnings = 20;
const maxWarningLength = 300;

/** Warnings of the server, as far as they may be passed on. */
export function safeWarnings(warnings: readonly string[], secrets: readonly string[]): string[] {
  return warnings.slice(0, maxWarnings).map((warning) => safeText(warning, secrets, maxWarningLength));
}

/** The result, or the failure of a task that has no picture all the same. Throws as `collectResult` does. */
export function collectTask(
  { task, answer }: { task: TaskStatus; answer: AskedAnswer },
  { download, reading }: ApiCalls,
  { operation, prompt, signal }: { operation: Operation; prompt: string; signal: AbortSignal },
): Promise<UpstreamResult | OperationFailure> {
  const { pictures, usage, costMicroUsd } = task;
  const words = readDescription(task.description, reading('').secrets);
  const beside = {
    description: words.description,
    warnings: [...safeWarnings(task.warnings, reading(prompt).secrets), ...words.warnings],
    ...(usage === undefined ? {} : { usage }),
    ...(costMicroUsd === undefined ? {} : { costMicroUsd }),
  };
  const result = { upstream, answer, pictures, beside };
  const noImage = noPictures(task, reading(prompt).secrets);
  return collectResult(result, { operation, noImage }, { download, signal });
}
