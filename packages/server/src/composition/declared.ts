// Joins what the settings declare of keys and owners with the store.

import { declaredAccess } from '../config/declared-table.ts';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { checkDeclared, claimDeclared, type DeclaredAccess } from '../core/keys/declared-keys.ts';
import type { ModelTable } from '../core/models/models.ts';
import type { Store } from '../store/store.ts';

interface DeclaredParts {
  store: Store;
  models: ModelTable;
  /** Whether other keys and owners than before may be declared. */
  accepts: boolean;
  emit: Emit;
}

/** Keys and owners of the settings, for a start. */
interface DeclaredStart {
  make(now: number): Promise<void>;
  /** Takes back what was stored of them, for a start that fails. */
  giveUp(): Promise<void>;
}

/**
 * Checks what the settings declare against what they declared before, and stores it, so that of two servers that start at once and declare
 * different things one is refused. Rejects with `StartRefusedError`.
 */
export async function claimDeclaredOf(config: Config, parts: DeclaredParts): Promise<DeclaredStart> {
  const { store, accepts, emit } = parts;
  const { reconcile, giveUp } = await claimDeclared(store, accessOf(config, parts), { accepts });
  return {
    async make(now) {
      for (const { id, keyId } of await reconcile(now))
        emit('settled_key_revoked', {
          key: `keys.${id}`,
          keyId,
          mend: `It was revoked and stays so. Give keys.${id} the hash of another secret, or take it out of the settings, and start with --accept-keys.`,
        });
    },
    giveUp,
  };
}

/**
 * Checks what the settings declare where nothing is made of it, as in open mode. Settings that declare nothing are those of any server then.
 * Rejects with `StartRefusedError`.
 */
export async function checkDeclaredOf(config: Config, parts: DeclaredParts): Promise<void> {
  const declared = accessOf(config, parts);
  const declaresSome = declared.owners.length > 0 || declared.keys.length > 0;
  if (declaresSome && !parts.accepts) await checkDeclared(parts.store, declared);
}

function accessOf(config: Config, { models }: Pick<DeclaredParts, 'models'>): DeclaredAccess {
  return declaredAccess(config, (name, path) => {
    const found = models.find(name);
    if (found !== undefined) return found.name;
    throw new StartRefusedError(`${path} of the settings is no model of this server.`);
  });
}
