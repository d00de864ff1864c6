// Rights of this user on folders and files of the server.

import { accessSync, constants, statSync } from 'node:fs';

/** Whether this user may read and write what is there, and go into it where it is a folder. */
export function mayUse(path: string): boolean {
  const { R_OK: read, W_OK: write, X_OK: enter } = constants;
  try {
    accessSync(path, isFolder(path) ? read | write | enter : read | write);
    return true;
  } catch {
    return false;
  }
}

export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
