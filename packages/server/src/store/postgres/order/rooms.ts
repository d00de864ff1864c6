// How many more tasks of an owner and of a key may run, by their limits. The running ones are counted under the lock of takes, so that the
// limits hold over all processes.

import type { Limits } from '../../../core/limits/limits.ts';
import { createSubjectLimits, type DefaultLimits } from '../../../core/limits/subjects.ts';
import type { Row } from '../../rows.ts';
import type { Query } from '../database/statements.ts';

export interface TaskOf {
  keyId: string;
  ownerId: string;
}

export interface Rooms {
  /** How many more may run of the owner, and of the key beside it; `Infinity` where there is no limit. A key that is its own owner has its room as that. */
  of(ids: TaskOf): { owner: number; key: number };
  /** Counts a task that is taken. */
  take(ids: TaskOf): void;
}

/** Whether the settings limit how many tasks run of those of whom nothing is stored. */
export const limitRunning = ({ key, owner }: DefaultLimits): boolean =>
  key.limits.running !== undefined || owner.limits.running !== undefined;

export const unlimited: Rooms = {
  of: () => ({ owner: Number.POSITIVE_INFINITY, key: Number.POSITIVE_INFINITY }),
  take: () => {},
};

/** The calls of tasks that wait to be resumed go on at the upstream. */
const readSql = `SELECT id, limits.limits,
    (SELECT count(*) FROM tasks WHERE state = 'running' AND owner_id = subject.id)
      + (SELECT count(*) FROM waiting WHERE state = 'resumes' AND owner_id = subject.id) AS of_owner,
    (SELECT count(*) FROM tasks WHERE state = 'running' AND key_id = subject.id)
      + (SELECT count(*) FROM waiting WHERE state = 'resumes' AND key_id = subject.id) AS of_key
  FROM unnest($1::text[]) AS subject (id) LEFT JOIN limits ON subject_id = subject.id`;

/** Reads the rooms of these owners and keys. */
export async function readRooms(
  query: Query,
  tasks: readonly TaskOf[],
  defaults: DefaultLimits,
): Promise<Rooms> {
  const ids = [...new Set(tasks.flatMap(({ keyId, ownerId }) => [keyId, ownerId]))];
  const rows = new Map((await query(readSql, [ids])).map((row) => [row['id'] as string, row]));
  const subjects = createSubjectLimits(defaults);
  const taken = new Map<string, number>();
  const add = (name: string) => taken.set(name, (taken.get(name) ?? 0) + 1);

  return {
    of(asked) {
      const room = { owner: Number.POSITIVE_INFINITY, key: Number.POSITIVE_INFINITY };
      for (const { kind, id, limits } of subjects.of(asked, (subject) => limitedBy(rows.get(subject)))) {
        const held: keyof typeof room = asked.keyId === asked.ownerId ? 'owner' : kind;
        // A key's tasks count under whatever owner: it may have moved.
        const runs = Number(rows.get(id)?.[`of_${kind}`] ?? 0) + (taken.get(`${kind} ${id}`) ?? 0);
        if (limits.running !== undefined) room[held] = limits.running - runs;
      }
      return room;
    },
    take({ keyId, ownerId }) {
      add(`owner ${ownerId}`);
      add(`key ${keyId}`);
    },
  };
}

function limitedBy(row: Row | undefined) {
  const limits = row?.['limits'] as string | null | undefined;
  return typeof limits === 'string' ? { limits: JSON.parse(limits) as Limits, budget: null } : undefined;
}
