// Calls of any key for itself and for the server's models.

import type { CallOptions } from './request/call-options.ts';
import { toQuery, withCursor } from './request/pages.ts';
import type { Requester } from './request/request.ts';
import type { MeData } from './wire/key-types.ts';
import type { ModelsData } from './wire/model-types.ts';
import type { UsageData } from './wire/usage-types.ts';

/** Days of a report of usage, and how its rows are told apart. */
export interface UsageQuery {
  /** First day of UTC, such as `2026-11-01`. */
  from?: string;
  /** Last day of UTC; today where it is left out. */
  to?: string;
  by?: readonly ('day' | 'model')[];
}

/** See `PlantainClient`. */
export interface Account {
  /** The key that this client has, its rights, its limits, and what is left of them. Rejects with `AuthenticationError`. */
  me(options?: CallOptions): Promise<MeData>;
  /** Sums of the key's own tasks, of the last 30 days where no other are asked for. */
  usage(query?: UsageQuery, options?: CallOptions): Promise<UsageData>;
  /** The models that tasks may name, and what each can do. */
  models(options?: CallOptions): Promise<ModelsData>;
}

export function createAccount({ request }: Requester): Account {
  return {
    async me({ signal } = {}) {
      const feature = 'say whose key this is';
      return (await request<MeData>('key_id', { path: '/api/me', signal, feature })).data;
    },
    async usage({ by, ...days } = {}, { signal } = {}) {
      const query = toQuery(Object.entries({ ...days, ...(by === undefined ? {} : { by: by.join() }) }));
      const path = `/api/usage${withCursor(query, null)}`;
      return (await request<UsageData>('rows', { path, signal, feature: 'add up usage' })).data;
    },
    async models({ signal } = {}) {
      const feature = 'list its models';
      return (await request<ModelsData>('models', { path: '/api/models', signal, feature })).data;
    },
  };
}
