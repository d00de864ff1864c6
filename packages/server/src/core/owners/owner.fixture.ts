// An owner for tests, who has no key yet.

import type { OwnerInUse } from './owner-store.ts';

export const owner = (change: Partial<OwnerInUse> = {}): OwnerInUse => ({
  id: 'own_1',
  name: '',
  weight: 1,
  shared: false,
  createdAt: 0,
  deletedAt: null,
  keyCount: 0,
  lastUsedAt: null,
  ...change,
});
