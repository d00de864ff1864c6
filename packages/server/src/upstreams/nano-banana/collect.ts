// Makes a result of a task that succeeded: fetches its pictures, and takes over what the server says of them.

import type { OperationFailure, UpstreamContext, UpstreamResult } from '../../core/upstream.ts';
import { safeText } from '../../lib/safe-text.ts';
import { readDescription } from '../answered-words.ts';
import type { ApiCalls } from '../api-calls.ts';
import { fetchPictures, missingPictures } from '../linked-pictures.ts';
import { noPictures } from './failures.ts';
import type { TaskStatus } from './task-status.ts';

const mostWarnings = 20;
const longestWarning = 300;

/** Warnings of the server, as far as they may be passed on. */
export function safeWarnings(warnings: readonly string[], secrets: readonly string[]): string[] {
  return warnings.slice(0, mostWarnings).map((warning) => safeText(warning, secrets, longestWarning));
}

/**
 * The result, or the failure of a task that has no picture all the same. Throws `TaskError` when a picture can't be fetched.
 */
export async function collectResult(
  task: TaskStatus,
  { download, reading }: ApiCalls,
  { prompt, signal }: UpstreamContext,
): Promise<UpstreamResult | OperationFailure> {
  const { usage, costMicroUsd } = task;
  const used = usage === undefined ? {} : { usage };
  const links = task.links.filter((link) => link !== undefined);
  if (links.length === 0) return { failure: noPictures(), ...used };

  const { pictures } = await fetchPictures(links, { download, signal });
  const words = readDescription(task.description, reading('').secrets);
  return {
    pictures,
    description: words.description,
    warnings: [
      ...safeWarnings(task.warnings, reading(prompt).secrets),
      ...missingPictures(task.links.length, pictures.length),
      ...words.warnings,
    ],
    ...used,
    ...(costMicroUsd === undefined ? {} : { costMicroUsd }),
  };
}
