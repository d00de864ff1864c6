// Folders that runs of tests have left among the machine's temporary files when they were killed.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names that `mkdtemp` makes of those of the tests. Without a capital they could be a person's own, such as `plantain-data-backup`. */
const ours = /^plantain-[a-z0-9-]+-(?=\w*[A-Z])\w{6}$/;
/** No run takes so long. */
const dayMs = 86_400_000;

/** Removes those of the tests that were last changed more than a day ago; one that is another user's stays. */
export function removeOldFolders(place = tmpdir(), now = Date.now()): void {
  for (const name of readdirSync(place)) {
    if (!ours.test(name)) continue;
    const folder = join(place, name);
    try {
      if (now - statSync(folder).mtimeMs > dayMs) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another run may remove it at this moment.
    }
  }
}
