// Makes a result of a task that succeeded: fetches its pictures, and takes over what the server says of them.

import type { OperationFailure, UpstreamResult } from '../../core/upstream.ts';
import { safeText } from '../../lib/safe-text.ts';
import type { Download } from '../download.ts';
import { noPictures } from './failures.ts';
import type { TaskStatus } from './task-status.ts';

/** A vendor gives one picture for a task, a Plantain up to ten. */
const mostPictures = 16;
const mostWarnings = 20;
const longestWarning = 300;

/** Warnings of the server, as far as they may be passed on. */
export function safeWarnings(warnings: readonly string[], secrets: readonly string[]): string[] {
  return warnings.slice(0, mostWarnings).map((warning) => safeText(warning, secrets, longestWarning));
}

/**
 * The result, or the failure of a task that has no picture all the same. Throws `TaskError` (retryable) when a picture can't
 * be fetched. One is fetched after the other, so that only one is on its way in memory.
 */
export async function collectResult(
  task: TaskStatus,
  { download, secrets, signal }: { download: Download; secrets: readonly string[]; signal: AbortSignal },
): Promise<UpstreamResult | OperationFailure> {
  const { description, usage, costMicroUsd } = task;
  const used = usage === undefined ? {} : { usage };
  const links = task.links.filter((link) => link !== undefined).slice(0, mostPictures);
  if (links.length === 0) return { failure: noPictures(), ...used };

  const pictures: Uint8Array[] = [];
  for (const link of links) pictures.push(await download(link, signal));
  const warnings = safeWarnings(task.warnings, secrets);
  const missing = task.links.length - links.length;
  if (missing > 0) warnings.push(`Of ${task.links.length} pictures, ${missing} could not be taken.`);
  if (task.cut) warnings.push('The description was too long and was cut.');
  return {
    pictures,
    description,
    warnings,
    ...used,
    ...(costMicroUsd === undefined ? {} : { costMicroUsd }),
  };
}
