// Wire form of API keys, which never has the secret.

import type { KeyData, NamedKey } from '@plantain/client';
import type { ApiKey } from '../../core/keys/key-store.ts';
import { secondsText } from '../../lib/time/unix-time.ts';
import type { LimitedData } from './limited-view.ts';

const time = (at: number | null) => (at === null ? null : secondsText(at));

export function namedKey({ id, name, role, hint, expiresAt }: ApiKey): NamedKey {
  return { key_id: id, name, role, hint, expires_at: time(expiresAt) };
}

/** Rights of a key, as itself is shown them. */
export function rightsData({
  scopes,
  models,
  priorityMax,
}: Pick<ApiKey, 'scopes' | 'models' | 'priorityMax'>) {
  return { scopes: [...scopes], models: models && [...models], priority_max: priorityMax };
}

export function keyData(key: ApiKey, limited: LimitedData): KeyData {
  return {
    ...namedKey(key),
    owner_id: key.ownerId,
    ...rightsData(key),
    networks: key.networks && [...key.networks],
    declared_as: key.declaredAs,
    create_time: secondsText(key.createdAt),
    last_used_at: time(key.lastUsedAt),
    previous_secret_expires_at: time(key.previousUntil),
    revoked_at: time(key.revokedAt),
    ...limited,
  };
}
