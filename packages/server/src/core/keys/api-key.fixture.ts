// An API key for tests, which is usable and never ends.

import type { ApiKey } from './key-store.ts';
import { scopesOfRole } from './scopes.ts';

export const apiKey = (change: Partial<ApiKey> = {}): ApiKey => ({
  id: 'key_1',
  ownerId: null,
  name: '',
  role: 'user',
  scopes: scopesOfRole[change.role ?? 'user'],
  models: null,
  networks: null,
  priorityMax: 0,
  declaredAs: null,
  hint: '',
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
  previousUntil: null,
  lastUsedAt: null,
  ...change,
});
