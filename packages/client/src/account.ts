// Calls of any key for itself and for the server's models.

import type { CallOptions } from './request/call-options.ts';
import type { Requester } from './request/request.ts';
import type { MeData } from './wire/key-types.ts';
import type { ModelsData } from './wire/task-types.ts';

/** See `PlantainClient`. */
export interface Account {
  /** The key that this client has. Rejects with `AuthenticationError`. */
  me(options?: CallOptions): Promise<MeData>;
  /** The models that tasks may name, and what each can do. */
  models(options?: CallOptions): Promise<ModelsData>;
}

export function createAccount({ request }: Requester): Account {
  return {
    async me({ signal } = {}) {
      const feature = 'say whose key this is';
      return (await request<MeData>('key_id', { path: '/api/me', signal, feature })).data;
    },
    async models({ signal } = {}) {
      const feature = 'list its models';
      return (await request<ModelsData>('models', { path: '/api/models', signal, feature })).data;
    },
  };
}
