// An API key for tests, which is usable and never ends.

import type { ApiKey } from './key-store.ts';

export const apiKey = (change: Partial<ApiKey> = {}): ApiKey => ({
  id: 'key_1',
  name: '',
  role: 'user',
  hint: '',
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
  ...change,
});
