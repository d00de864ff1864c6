// Calls of an administrator's key: keys, owners, the server's activity, its settings, and the log of what was done.

import type { CallOptions } from './request/call-options.ts';
import { paged, type Paged, toQuery, withCursor } from './request/pages.ts';
import { type Requester, segment } from './request/request.ts';
import type { OverviewData, OverviewQuery, SettingsData, UpstreamsData } from './wire/admin-types.ts';
import type { AuditAct, AuditData, AuditEntryData } from './wire/audit-types.ts';
import type {
  KeyChangeBody,
  KeyData,
  KeysData,
  NewKeyBody,
  NewKeyData,
  NewOwnerBody,
  OwnerChangeBody,
  OwnerData,
  OwnersData,
} from './wire/key-types.ts';

/** Conditions that listed acts meet; without any, all that are kept. */
export interface AuditFilter {
  act?: AuditAct | undefined;
  /** Id of a key; or `cli`, `settings`, `declared` or `open`. */
  who?: string | undefined;
  /** Id or name of what was acted on. */
  subject?: string | undefined;
  /** Earliest time of the act: Unix seconds, or a date. */
  from?: number | Date | undefined;
  /** Time before which the act was: Unix seconds, or a date. */
  to?: number | Date | undefined;
  /** Entries of a page, 1 to 200. */
  limit?: number | undefined;
}

/** Every call rejects with `AuthenticationError` for a key that is no administrator's. */
export interface Admin {
  keys: {
    list(options?: CallOptions): Promise<KeyData[]>;
    /** The answer holds the secret, which is shown this once. */
    create(key: NewKeyBody, options?: CallOptions): Promise<NewKeyData>;
    update(id: string, change: KeyChangeBody, options?: CallOptions): Promise<KeyData>;
    /** Rejects with `ConflictError` for the last key that an administrator could use. */
    revoke(id: string, options?: CallOptions): Promise<KeyData>;
    /** The answer holds the new secret, which is shown this once; the one before is taken until the overlap ends. */
    roll(id: string, roll?: { overlap_seconds?: number }, options?: CallOptions): Promise<NewKeyData>;
  };
  owners: {
    /** Oldest first. */
    list(query?: { limit?: number | undefined }, options?: CallOptions): Paged<OwnerData, OwnersData>;
    create(owner: NewOwnerBody, options?: CallOptions): Promise<OwnerData>;
    /** Rejects with `NotFoundError`. */
    get(id: string, options?: CallOptions): Promise<OwnerData>;
    update(id: string, change: OwnerChangeBody, options?: CallOptions): Promise<OwnerData>;
    /** Revokes its keys. Rejects with `ConflictError` where one of these is the last that an administrator could use. */
    delete(id: string, options?: CallOptions): Promise<void>;
  };
  /** Acts of administrators, commands and starts, newest first. */
  audit(filter?: AuditFilter, options?: CallOptions): Paged<AuditEntryData, AuditData>;
  overview(query?: OverviewQuery, options?: CallOptions): Promise<OverviewData>;
  /** Settings in force, without secrets. */
  settings(options?: CallOptions): Promise<SettingsData>;
  upstreams(options?: CallOptions): Promise<UpstreamsData>;
  /** Ends every pause of the upstream; resolves with the upstreams after that. Rejects with `NotFoundError`. */
  resumeUpstream(name: string, options?: CallOptions): Promise<UpstreamsData>;
}

const feature = 'be administered through it';

export function createAdmin(requester: Requester): Admin {
  const { request } = requester;
  return {
    keys: keyCalls(requester),
    owners: ownerCalls(requester),
    audit(filter = {}, { signal } = {}) {
      const query = toQuery(Object.entries(filter));
      const nextPage = async (cursor: string | null) => {
        const path = `/api/admin/audit${withCursor(query, cursor)}`;
        return (await request<AuditData>('entries', { path, signal, feature })).data;
      };
      return paged(nextPage, ({ entries }) => entries);
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

function keyCalls({ request }: Requester): Admin['keys'] {
  const keys = '/api/admin/keys';
  const at = (id: string) => `${keys}/${segment(id)}`;
  return {
    async list({ signal } = {}) {
      return (await request<KeysData>('keys', { path: keys, signal, feature })).data.keys;
    },
    async create(json, { signal } = {}) {
      // A second try after a lost answer would leave a key that nobody knows.
      const call = { method: 'POST', path: keys, json, signal, feature, once: true } as const;
      return (await request<NewKeyData>('secret', call)).data;
    },
    async update(id, json, { signal } = {}) {
      const call = { method: 'PATCH', path: at(id), json, signal, feature } as const;
      return (await request<KeyData>('key_id', call)).data;
    },
    async revoke(id, { signal } = {}) {
      const call = { method: 'DELETE', path: at(id), signal, feature } as const;
      return (await request<KeyData>('key_id', call)).data;
    },
    async roll(id, json = {}, { signal } = {}) {
      // A second try after a lost answer would end the secret that programs still have.
      const call = { method: 'POST', path: `${at(id)}/roll`, json, signal, feature, once: true } as const;
      return (await request<NewKeyData>('secret', call)).data;
    },
  };
}

function ownerCalls({ request }: Requester): Admin['owners'] {
  const owners = '/api/admin/owners';
  const at = (id: string) => `${owners}/${segment(id)}`;
  return {
    list(filter = {}, { signal } = {}) {
      const query = toQuery(Object.entries(filter));
      const nextPage = async (cursor: string | null) => {
        const path = owners + withCursor(query, cursor);
        return (await request<OwnersData>('owners', { path, signal, feature })).data;
      };
      return paged(nextPage, ({ owners: found }) => found);
    },
    async create(json, { signal } = {}) {
      // A second try after a lost answer would make a second owner.
      const call = { method: 'POST', path: owners, json, signal, feature, once: true } as const;
      return (await request<OwnerData>('owner_id', call)).data;
    },
    async get(id, { signal } = {}) {
      return (await request<OwnerData>('owner_id', { path: at(id), signal, feature })).data;
    },
    async update(id, json, { signal } = {}) {
      const call = { method: 'PATCH', path: at(id), json, signal, feature } as const;
      return (await request<OwnerData>('owner_id', call)).data;
    },
    async delete(id, { signal } = {}) {
      await request<{ deleted: true }>('deleted', { method: 'DELETE', path: at(id), signal, feature });
    },
  };
}
