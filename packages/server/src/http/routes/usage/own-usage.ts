// For whoever holds a key: what its tasks came to.

import type { UsageRowData, UsageSumsData } from '@plantain/client';
import type { UsageStore } from '../../../core/usage/usage.ts';
import type { Clock } from '../../../lib/clock.ts';
import { readKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { rowData, sumsData } from '../../views/usage-view.ts';
import { readReport, reportAnswer, writeReport } from './report.ts';
import { daysOf, reportQuery, usageMembers } from './usage-members.ts';

export const usageRoutes = {
  getUsage: route({
    method: 'get',
    path: '/api/usage',
    tag: 'Tasks',
    summary: 'How many tasks and pictures the key had, and what they were charged',
    description:
      'Of the key that asks alone, also where its owner shares tasks. A task counts on the day of its submit, and also when it was deleted.',
    access: readKey,
    query: reportQuery(usageMembers),
    answers: reportAnswer('Usage', 'The sums'),
    refusals: ['invalid_request'],
  }),
};

export const sumColumns = [
  'submitted',
  'succeeded',
  'failed',
  'cancelled',
  'pictures',
  'charged_micro_usd',
  'reserved_micro_usd',
] as const satisfies (keyof UsageSumsData)[];

export interface UsageParts {
  serve: Serve;
  store: UsageStore;
  clock: Clock;
}

export function usageFace({ serve, store, clock }: UsageParts): Face {
  return serve(usageRoutes, {
    async getUsage({ query: { by = [], format, ...given }, caller: { keyId } }) {
      const days = daysOf(given, clock.now());
      const { rows, total } = await readReport(store, { ...days, by, only: { key: keyId } });
      const columns: (keyof UsageRowData)[] = [...by, ...sumColumns];
      return writeReport({ ...days, rows: rows.map(rowData), total: sumsData(total), columns }, format);
    },
  });
}
