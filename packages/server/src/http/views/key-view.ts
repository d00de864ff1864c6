// Wire form of API keys, which never has the secret.

import type { KeyData, MeData } from '@plantain/client';
import type { ApiKey } from '../../core/keys/key-store.ts';

const seconds = (at: number) => String(Math.floor(at / 1000));

export function meData({ id, name, role, hint, expiresAt }: ApiKey): MeData {
  return { key_id: id, name, role, hint, expires_at: expiresAt === null ? null : seconds(expiresAt) };
}

export function keyData(key: ApiKey): KeyData {
  return {
    ...meData(key),
    create_time: seconds(key.createdAt),
    revoked_at: key.revokedAt === null ? null : seconds(key.revokedAt),
  };
}
