// Wire form of owners.

import type { OwnerData } from '@plantain/client';
import type { OwnerInUse } from '../../core/owners/owner-store.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { LimitedData } from './limited-view.ts';

export function ownerData(owner: OwnerInUse, limited: LimitedData): OwnerData {
  return {
    owner_id: owner.id,
    name: owner.name,
    weight: owner.weight,
    shared: owner.shared,
    create_time: secondsText(owner.createdAt),
    key_count: owner.keyCount,
    last_used_at: owner.lastUsedAt === null ? null : secondsText(owner.lastUsedAt),
    ...limited,
  };
}
