// The rule for changes of API keys, which every store keeps: an admin key that works is left.

import type { ApiKey, KeyChange, KeyChanged } from './key-store.ts';
import { isUsable } from './keys.ts';
import { roleOfScopes } from './scopes.ts';

/** Gives the key `id` of `keys` as it is after the change, or why it does not change. */
export function changedKey(
  keys: readonly ApiKey[],
  id: string,
  change: KeyChange,
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
  const isNeeded = key.role === 'admin' && isUsable(key, now);
  const others = keys.filter((each) => each.id !== id && each.role === 'admin' && isUsable(each, now));
  return endsSooner && isNeeded && others.length === 0 ? 'last_admin' : changed;
}
