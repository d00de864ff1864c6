// Lets tasks be taken that a running limit held, where there is room for them by now.

import type { DatabaseSync } from 'node:sqlite';
import type { DefaultLimits } from '../../../core/limits/subjects.ts';
import { createRunningRoom, type TaskOf } from './running-room.ts';
import type { WriteParts } from '../writes/write-parts.ts';

/** Number of a key's tasks for each need that are released at once where no limit is left. */
const maxReleased = 500;

export function createHeldWrites({ database, lanes }: WriteParts) {
  const runningRoom = createRunningRoom(database);
  const blocked = database.prepare(
    `SELECT owner_id AS ownerId, (
       SELECT key_id FROM tasks INDEXED BY tasks_ready
       WHERE queued = 'ready' AND model = lanes.model AND inputs = lanes.inputs AND owner_id = lanes.owner_id LIMIT 1) AS keyId
     FROM lanes INDEXED BY lanes_blocked WHERE is_blocked = 1`,
  );
  const heldAfter = prepareHeldAfter(database);

  return {
    releaseHeld(defaults: DefaultLimits | null): void {
      const room = runningRoom(defaults ?? undefined);
      for (const { ownerId, keyId } of blocked.all() as unknown as TaskOf[])
        if (room.fullFor({ ownerId, keyId }) !== 'owner') lanes.unblock(ownerId);
      for (let held = heldAfter(''); held !== undefined; held = heldAfter(held.keyId)) {
        const left = room.leftOfKey(held);
        if (left > 0) lanes.release(held.keyId, Math.min(left, maxReleased));
      }
    },
  };
}

/** Goes from one key with held tasks to the next, however many each has. */
function prepareHeldAfter(database: DatabaseSync): (keyId: string) => TaskOf | undefined {
  const next = database.prepare(
    `SELECT key_id AS keyId, owner_id AS ownerId FROM tasks INDEXED BY tasks_at_limit
     WHERE queued = 'held' AND key_id > ? ORDER BY key_id LIMIT 1`,
  );
  return (keyId) => next.get(keyId) as unknown as TaskOf | undefined;
}
