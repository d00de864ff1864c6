// Wire form of API keys, which never has the secret.

import type { KeyData, MeData } from '@plantain/client';
import type { ApiKey } from '../../core/keys/key-store.ts';
import { secondsText } from '../../lib/time/unix-time.ts';

export function meData({ id, name, role, hint, expiresAt }: ApiKey): MeData {
  return { key_id: id, name, role, hint, expires_at: expiresAt === null ? null : secondsText(expiresAt) };
}

export function keyData(key: ApiKey): KeyData {
  return {
    ...meData(key),
    create_time: secondsText(key.createdAt),
    revoked_at: key.revokedAt === null ? null : secondsText(key.revokedAt),
  };
}
