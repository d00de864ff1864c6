// Finds the caller that a key is by its id, for calls that a signed link admits on its behalf.

import type { AppParts } from './parts.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import type { Config } from '../config/settings.ts';
import { isUsable, openCaller, ownerIdOf, type Caller } from '../core/keys/keys.ts';
import { createSubjectLimits } from '../core/limits/subjects.ts';

export type CallerOfKey = (keyId: string) => Promise<Caller | null>;

/** Gives the key with the limits that hold for it; `null` for one that can't be used. */
export function createCallerOfKey(
  config: Config,
  { store, clock }: Pick<AppParts, 'store' | 'clock'>,
): CallerOfKey {
  const limits = createSubjectLimits(defaultLimits(config));
  return async (keyId) => {
    if (config.auth === 'open')
      return keyId === openCaller.keyId
        ? { ...openCaller, limited: limits.of(openCaller, () => null) }
        : null;
    const key = await store.findKey(keyId);
    if (key === null || !isUsable(key, clock.now())) return null;
    const ownerId = ownerIdOf(key);
    const stored = await store.readLimited([...new Set([keyId, ownerId])]);
    const { role, scopes, models, networks, priorityMax } = key;
    const limited = limits.of({ keyId, ownerId }, (id) => stored.get(id));
    return { keyId, ownerId, role, scopes, models, networks, priorityMax, sharesTasks: false, limited };
  };
}
