// Calls of an administrator's key: keys, the server's activity, and its settings.

import type { CallOptions } from './request/call-options.ts';
import { toQuery, withCursor } from './request/pages.ts';
import { type Requester, segment } from './request/request.ts';
import type { OverviewData, OverviewQuery, SettingsData, UpstreamsData } from './wire/admin-types.ts';
import type { KeyChangeBody, KeyData, KeysData, NewKeyBody, NewKeyData } from './wire/key-types.ts';

/** Every call rejects with `AuthenticationError` for a key that is no administrator's. */
export interface Admin {
  keys: {
    list(options?: CallOptions): Promise<KeyData[]>;
    /** The answer holds the secret, which is shown this once. */
    create(key: NewKeyBody, options?: CallOptions): Promise<NewKeyData>;
    update(id: string, change: KeyChangeBody, options?: CallOptions): Promise<KeyData>;
    /** Rejects with `ConflictError` for the last key that an administrator could use. */
    revoke(id: string, options?: CallOptions): Promise<KeyData>;
  };
  overview(query?: OverviewQuery, options?: CallOptions): Promise<OverviewData>;
  /** Settings in force, without secrets. */
  settings(options?: CallOptions): Promise<SettingsData>;
  upstreams(options?: CallOptions): Promise<UpstreamsData>;
  /** Ends every pause of the upstream; resolves with the upstreams after that. Rejects with `NotFoundError`. */
  resumeUpstream(name: string, options?: CallOptions): Promise<UpstreamsData>;
}

const feature = 'be administered through it';

export function createAdmin({ request }: Requester): Admin {
  const keys = '/api/admin/keys';
  return {
    keys: {
      async list({ signal } = {}) {
        return (await request<KeysData>('keys', { path: keys, signal, feature })).data.keys;
      },
      async create(json, { signal } = {}) {
        // A second try after a lost answer would leave a key that nobody knows.
        const call = { method: 'POST', path: keys, json, signal, feature, once: true } as const;
        return (await request<NewKeyData>('secret', call)).data;
      },
      async update(id, json, { signal } = {}) {
        const call = { method: 'PATCH', path: `${keys}/${segment(id)}`, json, signal, feature } as const;
        return (await request<KeyData>('key_id', call)).data;
      },
      async revoke(id, { signal } = {}) {
        const call = { method: 'DELETE', path: `${keys}/${segment(id)}`, signal, feature } as const;
        return (await request<KeyData>('key_id', call)).data;
      },
    },
    async overview(query = {}, { signal } = {}) {
      const path = `/api/admin/overview${withCursor(toQuery(Object.entries(query)), null)}`;
      return (await request<OverviewData>('now', { path, signal, feature })).data;
    },
    async settings({ signal } = {}) {
      return (await request<SettingsData>('settings', { path: '/api/admin/settings', signal, feature })).data;
    },
    async upstreams({ signal } = {}) {
      return (await request<UpstreamsData>('upstreams', { path: '/api/admin/upstreams', signal, feature }))
        .data;
    },
    async resumeUpstream(name, { signal } = {}) {
      const path = `/api/admin/upstreams/${segment(name)}/resume`;
      return (await request<UpstreamsData>('upstreams', { method: 'POST', path, signal, feature })).data;
    },
  };
}
