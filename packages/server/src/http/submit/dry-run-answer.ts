// Dry runs of submits: how they are asked for, and how they are answered.

import type { DryRunData, TaskData } from '@plantain/client';
import type { DryRun } from '../../core/submit/dry-run.ts';
import { inQuery } from '../openapi/parameters.ts';
import { invalid } from '../refusals/invalid.ts';

/** Parameter of every submit. */
export const describeDryRun = () =>
  inQuery({
    dry_run: {
      type: 'boolean',
      description:
        'true checks everything, budgets and limits too, accepts nothing and stores nothing; data says then what the tasks would cost, how long they would wait, and warnings (DryRunData)',
    },
  });

/** Throws `RequestError` (`invalid_request`) where it is asked for by another word than `true` or `false`. */
export function isDryRun(query: unknown): boolean {
  const { dry_run: asked } = (query ?? {}) as { dry_run?: unknown };
  if (asked === undefined || asked === 'false' || asked === '0') return false;
  if (asked === 'true' || asked === '1' || asked === '') return true;
  throw invalid([{ path: 'dry_run', message: 'must be true or false' }]);
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
