// Room for more running tasks beside the limits of their owners and keys, counted within one write.

import type { DatabaseSync } from 'node:sqlite';
import { createSubjectLimits, type DefaultLimits, nothingLimited } from '../../../core/limits/subjects.ts';
import { toLimited } from '../../owner-rows.ts';
import { countsAsRunning } from './queue-state.ts';

/** Owner and key of a task. */
export interface TaskOf {
  ownerId: string;
  keyId: string;
}

export interface RunningRoom {
  /** Finds whose limit leaves no room for another task; `null` where there is room. */
  fullFor(task: TaskOf): 'owner' | 'key' | null;
  /** Number of further tasks of a key that its own limit leaves room for. */
  leftOfKey(task: TaskOf): number;
  /** Counts a task that was just taken. */
  taken(task: TaskOf): void;
}

/** Running tasks of an owner or a key, under whatever owner: a key may have moved. */
interface Running {
  count: number;
}

/** A limit of a task's owner, or of its key where that is its own owner, which holds back all of its lane; or that of one key among others. */
interface Room {
  isOwners: boolean;
  max: number;
  running: Running;
}

const leftOf = ({ max, running }: Room) => max - running.count;

export type MakeRunningRoom = (defaults?: DefaultLimits) => RunningRoom;

export function createRunningRoom(database: DatabaseSync): MakeRunningRoom {
  const limitsOf = database.prepare('SELECT budget, limits FROM limits WHERE subject_id = ?');
  const ofOwner = database.prepare(
    `SELECT count(*) AS count FROM tasks INDEXED BY tasks_running WHERE ${countsAsRunning} AND owner_id = ?`,
  );
  // It goes through all that run, which are as many as this process runs.
  const ofKey = database.prepare(
    `SELECT count(*) AS count FROM tasks INDEXED BY tasks_running WHERE ${countsAsRunning} AND key_id = ?`,
  );
  const stored = (id: string) => {
    const row = limitsOf.get(id);
    return row === undefined ? undefined : toLimited(row);
  };

  return (defaults = { key: nothingLimited, owner: nothingLimited }) => {
    const subjects = createSubjectLimits(defaults);
    const known = new Map<string, Running>();
    const byTask = new Map<string, readonly Room[]>();

    function roomsOf(task: TaskOf): readonly Room[] {
      const name = `${task.ownerId} ${task.keyId}`;
      const rooms = byTask.get(name) ?? findRooms(task);
      byTask.set(name, rooms);
      return rooms;
    }

    function findRooms(task: TaskOf): Room[] {
      return subjects.of(task, stored).flatMap(({ id, limits: { running } }) => {
        if (running === undefined) return [];
        return [{ isOwners: id === task.ownerId, max: running, running: runningOf(task, id) }];
      });
    }
    function runningOf({ keyId }: TaskOf, id: string): Running {
      const of = known.get(id) ?? { count: Number((id === keyId ? ofKey : ofOwner).get(id)?.['count']) };
      known.set(id, of);
      return of;
    }

    return {
      fullFor(task) {
        const full = roomsOf(task).filter((room) => leftOf(room) <= 0);
        if (full.length === 0) return null;
        return full.some(({ isOwners }) => isOwners) ? 'owner' : 'key';
      },
      leftOfKey(task) {
        const room = roomsOf(task).find(({ isOwners }) => !isOwners);
        return room === undefined ? Number.POSITIVE_INFINITY : leftOf(room);
      },
      taken(task) {
        for (const { running } of roomsOf(task)) running.count += 1;
      },
    };
  };
}
