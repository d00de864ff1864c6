// The owners and models that keys may have, for the page of keys.

import type { OwnerData, OwnersData } from '@plantain/client';
import { useCallback } from 'react';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';

/** Of more owners a list to choose from would be of no use. */
const mostPages = 5;
const pageSize = 200;

export interface KeyChoices {
  owners: readonly OwnerData[];
  models: readonly string[];
}

const nothing: KeyChoices = { owners: [], models: [] };

/** Nothing until they have come. */
export function useKeyChoices(): KeyChoices {
  const { client } = useSession();
  const load = useCallback(
    async (signal: AbortSignal): Promise<KeyChoices> => {
      const [owners, { models }] = await Promise.all([
        firstOwners(client.admin.owners.list({ limit: pageSize }, { signal }).pages()),
        client.models({ signal }),
      ]);
      return { owners, models: models.map(({ name }) => name) };
    },
    [client],
  );
  return useLoad(load).value ?? nothing;
}

async function firstOwners(pages: AsyncIterable<OwnersData>): Promise<OwnerData[]> {
  const owners: OwnerData[] = [];
  let count = 0;
  for await (const page of pages) {
    owners.push(...page.owners);
    count += 1;
    if (count === mostPages) break;
  }
  return owners;
}
