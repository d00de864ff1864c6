// Joins what the settings declare of keys and owners with the store.

import { declaredAccess } from '../config/declared-table.ts';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { checkDeclared, reconcileDeclared } from '../core/keys/declared-keys.ts';
import type { ModelTable } from '../core/models/models.ts';
import type { Store } from '../store/store.ts';

interface DeclaredParts {
  store: Store;
  models: ModelTable;
  /** Whether other keys and owners than before may be declared. */
  accepts: boolean;
  emit: Emit;
}

/**
 * Checks what the settings declare against what they declared before, and gives the function that makes it so. Rejects with
 * `StartRefusedError`.
 */
export async function prepareDeclared(
  config: Config,
  { store, models, accepts, emit }: DeclaredParts,
): Promise<(now: number) => Promise<void>> {
  const declared = declaredAccess(config, (name, path) => {
    const found = models.find(name);
    if (found !== undefined) return found.name;
    throw new StartRefusedError(`${path} of the settings is no model of this server.`);
  });
  if (!accepts) await checkDeclared(store, declared);
  return async (now) => {
    for (const { id, keyId } of await reconcileDeclared(store, declared, now))
      emit('settled_key_revoked', {
        key: `keys.${id}`,
        keyId,
        mend: `It was revoked and stays so. Give keys.${id} the hash of another secret, or take it out of the settings, and start with --accept-keys.`,
      });
  };
}
