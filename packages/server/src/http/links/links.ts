// Links to result pictures: the public base, the path, and a signature.

import { filePath } from '../views/linked-pictures.ts';
import type { Links } from '../views/task-view.ts';

interface Signer {
  readonly lifetimeSeconds: number;
  /** Name of the signing secret, from which nobody learns the secret. */
  readonly keyName: string;
  sign(path: string, expiresAtSeconds: number): string;
}

/**
 * Makes the maker of links. `publicUrl` is called for each, because a server on a free port learns its own only when it listens; and the
 * secret may come later, too.
 */
export function createLinks(signer: Signer, publicUrl: () => string): Links {
  // Built only when one of them has changed, since every status query reads it.
  let named = { base: '', keyName: '', key: '' };
  return {
    lifetimeSeconds: signer.lifetimeSeconds,
    get key() {
      const base = publicUrl();
      const { keyName } = signer;
      if (named.base !== base || named.keyName !== keyName)
        named = { base, keyName, key: `${base} ${signer.lifetimeSeconds} ${keyName}` };
      return named.key;
    },
    to: (task, { fileName }, expiresAt) => publicUrl() + signer.sign(filePath(task.id, fileName), expiresAt),
  };
}
