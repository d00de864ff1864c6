// Dry runs of submits: how they are asked for, and how they are answered.

import type { DryRunData, TaskData } from '@plantain/client';
import type { DryRun } from '../../core/submit/dry-run.ts';
import { inQuery } from '../openapi/parameters.ts';
import type { Fields } from '../body/body-fields.ts';
import { invalid } from '../refusals/invalid.ts';
import { dryRunMembers } from './submit-names.ts';

export const dryRunDescription =
  'true checks everything, budgets and limits too, accepts nothing and stores nothing; data says then what the tasks would cost, how long they would wait, and warnings (DryRunData)';

/** Parameter of every submit. */
export const describeDryRun = () =>
  inQuery({
    dry_run: {
      type: 'boolean',
      description: dryRunDescription,
    },
  });

/**
 * Whether the query or a member of the body asks for one; a member that were ignored would be a task that is paid.
 * Throws `RequestError` (`invalid_request`) where it is asked for by another word than `true` or `false`.
 */
export function isDryRun(query: unknown, fields: Fields): boolean {
  const { dry_run: fromQuery } = (query ?? {}) as { dry_run?: unknown };
  const members = dryRunMembers.map((path) => ({ path, asked: fields[path] ?? undefined }));
  // Each is judged: one that is off is a fault whatever the others say.
  return [{ path: 'dry_run', asked: fromQuery }, ...members].map(saysTrue).includes(true);
}

function saysTrue({ path, asked }: { path: string; asked: unknown }): boolean {
  if (asked === undefined || asked === false || asked === 'false' || asked === '0') return false;
  if (asked === true || asked === 'true' || asked === '1' || asked === '') return true;
  throw invalid([{ path, message: 'must be true or false' }]);
}

/** Warnings of the answer that the submit would have had. */
export function warningsOf(answerText: string): string[] | undefined {
  return (JSON.parse(answerText) as { warnings?: string[] }).warnings;
}

export function dryRunText(
  { tasks, estimatedMicroUsd, view }: DryRun,
  warnings: string[] | undefined,
): string {
  const { waiting, queue_position, estimated_start, estimated_finish } = JSON.parse(view) as TaskData;
  const data: DryRunData = {
    dry_run: true,
    tasks,
    cost: { estimated_micro_usd: estimatedMicroUsd },
    ...(waiting === undefined ? {} : { waiting }),
    ...(queue_position === undefined ? {} : { queue_position }),
    ...(estimated_start === undefined ? {} : { estimated_start }),
    ...(estimated_finish === undefined ? {} : { estimated_finish }),
    ...(warnings === undefined ? {} : { warnings }),
  };
  return JSON.stringify(data);
}
