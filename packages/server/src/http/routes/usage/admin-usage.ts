// For the operator: what all tasks came to.

import type { AdminUsageRowData } from '@plantain/client';
import type { KeyStore } from '../../../core/keys/key-store.ts';
import type { OwnerPosition, OwnerStore } from '../../../core/owners/owner-store.ts';
import type { UsageName, UsageStore } from '../../../core/usage/usage.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { route } from '../../route/route.ts';
import { adminRowData, adminSumsData, type NameOf } from '../../views/usage-view.ts';
import { sumColumns, type UsageParts } from './own-usage.ts';
import { readReport, reportAnswer, writeReport } from './report.ts';
import { adminUsageMembers, daysOf, reportQuery } from './usage-members.ts';

export const adminUsageRoutes = {
  getAllUsage: route({
    method: 'get',
    path: '/api/admin/usage',
    tag: 'Operating',
    summary: 'How many tasks and pictures there were, what they cost and what was charged',
    description:
      'Needs an admin key. A task counts on the day of its submit, and also when it was deleted. Its cost is that of all its attempts.',
    access: adminKey,
    query: reportQuery(adminUsageMembers),
    answers: reportAnswer('AdminUsage', 'The sums'),
    refusals: ['invalid_request'],
  }),
};

const columnsOf: Readonly<Record<UsageName, readonly (keyof AdminUsageRowData)[]>> = {
  day: ['day'],
  owner: ['owner_id', 'owner_name'],
  key: ['key_id', 'key_name'],
  model: ['model'],
  upstream: ['upstream'],
};

interface AdminUsageParts extends UsageParts {
  store: UsageStore & Pick<KeyStore, 'listKeys'> & Pick<OwnerStore, 'listOwners'>;
}

export function adminUsageFace({ serve, store, clock }: AdminUsageParts): Face {
  return serve(adminUsageRoutes, {
    async getAllUsage({ query: { by = [], format, from, to, ...only } }) {
      const days = daysOf({ from, to }, clock.now());
      const { rows, total } = await readReport(store, { ...days, by, only });
      const nameOf = await findNames(store, by);
      return writeReport(
        {
          ...days,
          rows: rows.map((row) => adminRowData(row, nameOf)),
          total: adminSumsData(total),
          columns: [...by.flatMap((name) => columnsOf[name]), ...sumColumns, 'cost_micro_usd'],
        },
        format,
      );
    },
  });
}

const ownersOfPage = 1_000;

/** Finds the names that rows will need. A key without an owner is its own. */
async function findNames(
  store: AdminUsageParts['store'],
  by: readonly UsageName[],
): Promise<{ owner: NameOf; key: NameOf }> {
  const keys = new Map<string, string>();
  const owners = new Map<string, string>();
  if (by.includes('key') || by.includes('owner'))
    for (const { id, name } of await store.listKeys()) keys.set(id, name);
  for (
    let after: OwnerPosition | null | undefined = by.includes('owner') ? null : undefined;
    after !== undefined;
  ) {
    const page = await store.listOwners({ after, limit: ownersOfPage });
    for (const { id, name } of page) owners.set(id, name);
    after = page.length < ownersOfPage ? undefined : page.at(-1);
  }
  const key = (id: string) => keys.get(id) ?? null;
  return { key, owner: (id) => owners.get(id) ?? key(id) };
}
