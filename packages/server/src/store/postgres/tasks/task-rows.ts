// Shared by the statements that change tasks: the fence of a lease, and whose values a row has.

import type { CallTarget, LeasedTask } from '../../../core/tasks/task-queue.ts';
import { hasState } from '../found-by-id.ts';
import { type Row, toLeasedTask } from '../../rows.ts';

/** Condition of every write by the holder of a lease, who is `asked` with `id` and `token`. `$1` has the ids of all who are. */
export const leased = `tasks.id = ANY ($1) AND tasks.id = asked.id AND ${hasState('running', 'tasks.')} AND tasks.lease_token = asked.token`;

/** A lease that nobody has yet. */
export const newToken = `replace(gen_random_uuid()::text, '-', '')`;

/** Values of those who asked, by the rows that were written for them. */
export function byPlace<Value>(
  asked: readonly unknown[],
  rows: readonly Row[],
  toValue: (row: Row | undefined) => Value,
): Value[] {
  const places = new Map(rows.map((row) => [row['place'], row]));
  return asked.map((_, index) => toValue(places.get(index + 1)));
}

function toTarget(row: Row): CallTarget {
  return {
    upstream: row['upstream'] as string,
    upstreamModel: row['upstream_model'] as string,
    credential: row['credential'] as string,
  };
}

/** Tasks with their leases, of rows with the columns of `wholeTask`, the token, and `opened`. */
export function toLeased(rows: readonly Row[]): LeasedTask[] {
  return rows.map((row) => {
    const before = (row['attempts'] as Row[] | null) ?? [];
    const opened = row['opened'] as Row | null;
    const setAside = row['set_aside'] as Row | null | undefined;
    return {
      ...toLeasedTask(row, opened === null ? before : [...before, opened], opened !== null),
      ...(setAside == null ? {} : { setAside: toTarget(setAside) }),
    };
  });
}
