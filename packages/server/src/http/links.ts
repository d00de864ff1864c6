// Links to result pictures: the public base, the path, and a signature.

import { filePath } from './faces/files.ts';
import type { Links } from './task-view.ts';

interface Signer {
  readonly lifetimeSeconds: number;
  /** Tells one signing secret from another without giving it away. */
  readonly keyName: string;
  sign(path: string, expiresAtSeconds: number): string;
}

/** `publicUrl` is asked each time, because a server on a free port learns its own only when it listens. */
export function createLinks(signer: Signer, publicUrl: () => string): Links {
  return {
    lifetimeSeconds: signer.lifetimeSeconds,
    get key() {
      return `${publicUrl()} ${signer.lifetimeSeconds} ${signer.keyName}`;
    },
    to: (task, { fileName }, expiresAt) => publicUrl() + signer.sign(filePath(task.id, fileName), expiresAt),
  };
}
