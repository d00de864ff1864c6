// Scopes of API keys: each permits a family of calls. The older word for them is the role.

import type { KeyRole } from '@plantain/client';

export const scopes = ['tasks', 'files', 'webhooks', 'read', 'metrics', 'admin'] as const;
/**
 * Right of a key. `tasks`: submit, cancel, delete and retry; `files`: upload and delete; `webhooks`: endpoints and secrets; `read`: ask and list;
 * `metrics`: read `/metrics`; `admin`: everything.
 */
export type Scope = (typeof scopes)[number];

export const scopesOfRole: Readonly<Record<KeyRole, readonly Scope[]>> = {
  user: ['tasks', 'files', 'webhooks', 'read'],
  admin: ['admin'],
};

export function roleOfScopes(some: readonly Scope[]): KeyRole {
  return some.includes('admin') ? 'admin' : 'user';
}

/** Whether a key with these scopes may make calls of `scope`. */
export function permits(some: readonly Scope[], scope: Scope): boolean {
  return some.includes(scope) || some.includes('admin');
}
