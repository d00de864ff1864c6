import type { KeyData } from '@plantain/client';

export function stateOf({
  revoked_at: revoked,
  expires_at: expires,
}: Pick<KeyData, 'revoked_at' | 'expires_at'>): 'revoked' | 'expired' | 'active' {
  if (revoked !== null) return 'revoked';
  return expires !== null && Number(expires) * 1000 <= Date.now() ? 'expired' : 'active';
}
