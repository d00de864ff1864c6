// The rule for changes of API keys and deletions of their owners, which every store keeps: an admin key that works is left.

import type { ApiKey, KeyChange, KeyChanged } from './key-store.ts';
import { isUsable } from './keys.ts';
import { roleOfScopes } from './scopes.ts';

/** Gives the key `id` of `keys` as it is after the change, or why it does not change. */
export function changedKey(
  keys: readonly ApiKey[],
  id: string,
  { limited: _limited, ...change }: KeyChange,
  now: number,
): ApiKey | Exclude<KeyChanged, 'changed'> {
  const key = keys.find((each) => each.id === id);
  if (key === undefined) return 'unknown';
  if (key.revokedAt !== null) return 'revoked';
  const scopes = change.scopes ?? key.scopes;
  const changed = { ...key, ...change, scopes, role: roleOfScopes(scopes) };
  const endsSooner =
    changed.role !== 'admin' ||
    changed.revokedAt !== null ||
    (changed.expiresAt ?? Infinity) < (key.expiresAt ?? Infinity);
  return endsSooner && !leavesAdmin(keys, (each) => each.id === id, now) ? 'last_admin' : changed;
}

/** Owner that a change takes a key away from, under whom its tasks stay; `null` where there is none. */
export const leftOwner = (before: ApiKey, after: ApiKey): string | null =>
  before.ownerId === after.ownerId ? null : before.ownerId;

/** Whether an admin key that works is left of `keys` when some of them end; true where none of those works that end. */
export function leavesAdmin(keys: readonly ApiKey[], ends: (key: ApiKey) => boolean, now: number): boolean {
  const admins = keys.filter((key) => key.role === 'admin' && isUsable(key, now));
  return admins.length === 0 || !admins.some(ends) || !admins.every(ends);
}
