// A SQLite store in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Changes } from '../../core/tasks/changes.ts';
import { openSqliteStore } from './sqlite-store.ts';

export async function openInFolder(changes: Changes) {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-store-'));
  const onDeath = (error: Error) => {
    throw error;
  };
  return {
    directory,
    store: openSqliteStore({ directory, changes, onDeath }),
    cleanUp: () => rmSync(directory, { recursive: true }),
  };
}
